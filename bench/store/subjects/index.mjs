/**
 * What the bench measures. A driver is made for an empty collection of todos, and one of lists:
 *
 * - `load(rows)`, `loadLists(lists)`: decoded rows as they come from the server, before anything is mounted
 * - `mountList(listId)`, `mountAll(visible)`: the live views, see `mount.mjs`
 * - `mountTree(answer)`: the live tree of lists and todos; without an answer from the cache, else it is what the server
 *   answers: `{ nested }` lists with their todos, or flat `{ lists, todos }`
 * - `write(rows)`: rows that have changed on the server, in one batch
 * - `update(id, patch, serverRow)`: an optimistic change; returns `{ shown, confirm }`: `shown` resolves
 *   when the store has taken the change, `confirm()` lets the server answer and resolves when it is done
 */
export const subjects = {
  'nuxt-rstore-drizzle': () => import('./own.mjs').then(module => module.createOwn()),
  '@rstore/vue': () => import('./rstore.mjs').then(module => module.createRstore()),
  '@tanstack/db': () => import('./tanstack.mjs').then(module => module.createTanstackDb()),
  '@tanstack/vue-db': () => import('./tanstack.mjs').then(module => module.createTanstackVueDb()),
}

/** Measured in the case `tree` only. */
export const treeSubjects = {
  '@tanstack/db nested': () => import('./tanstack.mjs').then(module => module.createTanstackDb({ nestedTree: true })),
}

export const own = 'nuxt-rstore-drizzle'
export const tanstack = ['@tanstack/db', '@tanstack/vue-db', '@tanstack/db nested']

/** Only for the heap: the rows in an array. */
export const raw = 'raw rows'
