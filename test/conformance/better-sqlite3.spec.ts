import type { Connection } from './suite'
import { conformance } from './suite'

/** The package is no dependency of ours: `npm i --no-save better-sqlite3` to run this. */
const driver = await load()

conformance('better-sqlite3', {
  dialect: 'sqlite',
  connect: driver && (async () => {
    const client = new driver.Client(':memory:')
    return { drizzle: config => driver.drizzle({ client, ...config }), close: async () => client.close() }
  }),
})

interface Driver {
  Client: new (path: string) => { close: () => void }
  drizzle: (config: object) => ReturnType<Connection['drizzle']>
}

async function load(): Promise<Driver | undefined> {
  // By names that the compiler does not look for.
  const [client, adapter] = ['better-sqlite3', 'drizzle-orm/better-sqlite3']
  try {
    return { Client: (await import(client!)).default, drizzle: (await import(adapter!)).drizzle }
  }
  catch (error) {
    if (!/better-sqlite3/.test(String(error)))
      throw error
    console.warn('better-sqlite3 is not installed: its tests are skipped.')
    return undefined
  }
}
