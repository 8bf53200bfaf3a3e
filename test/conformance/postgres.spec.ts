import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { createPostgresDatabase } from '../support/services'
import { conformance } from './suite'

const database = await createPostgresDatabase()

conformance('postgres.js', {
  dialect: 'postgresql',
  pooled: true,
  connect: database && (async () => {
    const client = postgres(database.url, { onnotice: () => {} })
    return { drizzle: config => drizzle({ client, ...config }), close: () => client.end().then(database.drop) }
  }),
})
