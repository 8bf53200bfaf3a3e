import * as tables from '../database/schema'

declare module '#rstore-drizzle/types' {
  interface RstoreDrizzleSession {
    access: 'none' | 'read' | 'full'
  }
}

/**
 * Stands in for authentication: a visitor says what the API lets them do, in the cookie or in the
 * header `playground-access`. `read` refuses every write, `none` refuses reads as well.
 */
export default defineNitroPlugin(() => {
  setRstoreDrizzleSession(({ headers, event }) => {
    const access = headers.get('playground-access') ?? (event && getCookie(event, 'playground-access'))
    return { access: access === 'none' || access === 'read' ? access : 'full' }
  })

  const { users, lists, todos, comments } = tables
  allowTables([users, lists, todos, comments])
  for (const table of [users, lists, todos, comments]) {
    policyForTable(table, {
      read: ({ session }) => session?.access !== 'none',
      create: ({ session }) => session?.access === 'full',
      update: ({ session }) => session?.access === 'full',
      delete: ({ session }) => session?.access === 'full',
    })
  }

  // A policy shows nothing to whoever may see nothing. This playground says so instead.
  for (const name of ['index.get.before', 'item.get.before'] as const) {
    rstoreDrizzleHooks.hook(name, ({ event }) => {
      if ((getRequestHeader(event, 'playground-access') ?? getCookie(event, 'playground-access')) === 'none')
        throw createError({ statusCode: 403, statusMessage: 'Forbidden', message: 'You have no access to this data.' })
    })
  }

  hooksForTable(comments, {
    'index.post.before': ({ body }) => {
      body.body = body.body.trim()
    },
  })
})
