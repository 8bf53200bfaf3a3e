import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { createPostgresDatabase, createPostgresPool } from '../support/services'
import { conformance } from './suite'

const [first, second] = await Promise.all([createPostgresDatabase(), createPostgresDatabase()])

conformance('pg', {
  dialect: 'postgresql',
  pooled: true,
  connect: first && (async () => {
    const client = createPostgresPool(first.url)
    return { drizzle: config => drizzle({ client, ...config }), close: () => client.end().then(first.drop) }
  }),
})

conformance('a single connection of pg, in another time zone', {
  dialect: 'postgresql',
  exposed: true,
  connect: second && (async () => {
    const client = new pg.Client(second.url)
    client.on('error', () => {})
    await client.connect()
    await client.query('set time zone \'Europe/Amsterdam\'')
    return { drizzle: config => drizzle({ client, ...config }), close: () => client.end().then(second.drop) }
  }),
})
