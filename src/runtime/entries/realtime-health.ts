import type { EventHandler } from 'h3'
import { defineEventHandler, setResponseHeader } from 'h3'
import { hub } from './server-context'

const health = hub!.createHealth()

export default defineEventHandler((event) => {
  setResponseHeader(event, 'cache-control', 'private, no-store')
  return health()
}) satisfies EventHandler
