/**
 * Stands in for authentication: a visitor says what the API lets them do, in the cookie or in the
 * header `playground-access`. `read` refuses every write, `none` refuses reads as well.
 */
export default defineEventHandler((event) => {
  if (!event.path.startsWith('/api/rstore/'))
    return
  const access = getRequestHeader(event, 'playground-access') ?? getCookie(event, 'playground-access')
  if (access === 'none')
    throw createError({ statusCode: 403, statusMessage: 'Forbidden', message: 'You have no access to this data.' })
  if (access === 'read' && event.method !== 'GET')
    throw createError({ statusCode: 403, statusMessage: 'Forbidden', message: 'You may read this data, not change it.' })
})
