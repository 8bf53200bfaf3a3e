/**
 * What the bench measures. A driver is made for one empty collection of todos:
 *
 * - `load(rows)`: decoded rows as they come from the server, before anything is mounted
 * - `mountList(listId)`, `mountAll(visible)`: the live views, see `mount.mjs`
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

export const own = 'nuxt-rstore-drizzle'
export const tanstack = ['@tanstack/db', '@tanstack/vue-db']

/** Only for the heap: the rows in an array. */
export const raw = 'raw rows'
