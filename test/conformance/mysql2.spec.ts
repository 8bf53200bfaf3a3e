import { drizzle } from 'drizzle-orm/mysql2'
import { createPool } from 'mysql2'
import mysql from 'mysql2/promise'
import { createMysqlDatabase } from '../support/services'
import { conformance } from './suite'

const [first, second] = await Promise.all([createMysqlDatabase(false), createMysqlDatabase(false)])

// Drizzle makes this kind of pool where it is given an address.
conformance('mysql2, in another time zone', {
  dialect: 'mysql',
  pooled: true,
  connect: first && (async () => {
    const client = createPool({ uri: first.url, timezone: '-07:00' })
    return { drizzle: ({ schema, ...config }) => schema ? drizzle({ client, ...config, schema, mode: 'default' }) : drizzle({ client, ...config }), close: () => client.promise().end().then(first.drop) }
  }),
})

conformance('a single connection of mysql2', {
  dialect: 'mysql',
  exposed: true,
  connect: second && (async () => {
    const client = await mysql.createConnection(second.url)
    return { drizzle: ({ schema, ...config }) => schema ? drizzle({ client, ...config, schema, mode: 'default' }) : drizzle({ client, ...config }), close: () => client.end().then(second.drop) }
  }),
})
