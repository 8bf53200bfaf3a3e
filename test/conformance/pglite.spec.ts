import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { conformance } from './suite'

conformance('PGlite', {
  dialect: 'postgresql',
  async connect() {
    const client = new PGlite()
    return { drizzle: config => drizzle({ client, ...config }), close: () => client.close() }
  },
})
