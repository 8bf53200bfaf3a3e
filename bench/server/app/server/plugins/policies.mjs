import { defineNitroPlugin, policyForTable, setRstoreDrizzleSession } from '#imports'
import { lists } from '../database/schema'

/** The same rule as that of the handwritten handler. */
export default defineNitroPlugin(() => {
  setRstoreDrizzleSession(({ headers }) => ({ from: Number(headers.get('x-from') ?? 0) }))
  policyForTable(lists, {
    read: true,
    update: ({ session }, { gte }) => gte('id', session.from),
  })
})
