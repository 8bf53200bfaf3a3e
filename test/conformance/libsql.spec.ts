import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { conformance } from './suite'

conformance('libsql in memory', {
  dialect: 'sqlite',
  async connect() {
    const client = createClient({ url: ':memory:' })
    return { drizzle: config => drizzle({ client, ...config }), close: async () => client.close() }
  },
})

conformance('libsql on a file', {
  dialect: 'sqlite',
  async connect() {
    const folder = await mkdtemp(join(tmpdir(), 'rstore-'))
    const client = createClient({ url: `file:${join(folder, 'test.db')}` })
    return {
      drizzle: config => drizzle({ client, ...config }),
      async close() {
        client.close()
        await rm(folder, { recursive: true })
      },
    }
  },
})
