import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'
import pg from 'pg'

/** Rows of `todos` and of `readings`. */
export const rowCount = 10_000
export const listCount = 100
export const sensorCount = 50
const userCount = 50
const start = Date.UTC(2026, 0, 1)

/** Databases to measure on. `create` gives `undefined` where there is no such database here. */
export const databases = { sqlite: createSqlite, postgresql: createPostgresql }

async function createSqlite() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const url = pathToFileURL(join(folder, 'bench.db')).href
  const client = createClient({ url })
  // What an expert sets for a server.
  await client.execute('pragma journal_mode = wal')
  await client.executeMultiple(ddl({ flag: 'integer', moment: 'integer', real: 'real', json: 'text', raw: 'raw blob not null,' }))
  const toSqlite = value => typeof value === 'boolean' ? Number(value) : value instanceof Date ? value.getTime() : typeof value === 'object' && value && !Buffer.isBuffer(value) ? JSON.stringify(value) : value
  for (const [table, rows] of Object.entries(tables({ raw: true }))) {
    for (let i = 0; i < rows.length; i += 1000) {
      await client.batch(rows.slice(i, i + 1000).map(row => ({
        sql: `insert into ${table} (${Object.keys(row).join(', ')}) values (${Object.keys(row).map(() => '?').join(', ')})`,
        args: Object.values(row).map(toSqlite),
      })), 'write')
    }
  }
  await client.execute('analyze')
  client.close()
  return { url, drop: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) }
}

async function createPostgresql() {
  const server = env.POSTGRES_URL ?? 'postgres://root@127.0.0.1:5432/postgres'
  const admin = new pg.Client(server)
  try {
    await admin.connect()
  }
  catch {
    return undefined
  }
  const name = `rstore_bench_${process.pid}`
  await admin.query(`create database ${name}`)
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href
  const client = new pg.Client(url)
  await client.connect()
  await client.query(ddl({ flag: 'boolean', moment: 'timestamptz(3)', real: 'double precision', json: 'jsonb', raw: '' }))
  for (const [table, rows] of Object.entries(tables({ raw: false })))
    await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [JSON.stringify(rows)])
  await client.query('analyze')
  await client.end()
  return {
    url,
    async drop() {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

const ddl = ({ flag, moment, real, json, raw }) => `
  create table users (id integer primary key, name text not null, email text not null);
  create table lists (id integer primary key, name text not null);
  create table todos (
    id integer primary key, title text not null, done ${flag} not null, priority integer, list_id integer not null,
    user_id integer not null, created_at ${moment} not null
  );
  create index todos_of_list on todos (list_id, created_at);
  create table readings (id integer primary key, sensor integer not null, value ${real} not null, weight ${real}, ${raw} details ${json} not null, at ${moment} not null);
  create index readings_of_sensor on readings (sensor, at);
`

function tables({ raw }) {
  const random = createRandom(1)
  const many = (count, make) => Array.from({ length: count }, (_, i) => make(i + 1))
  const moment = id => new Date(start + id * 60_000)
  return {
    users: many(userCount, id => ({ id, name: `User ${id}`, email: `user${id}@example.com` })),
    lists: many(listCount, id => ({ id, name: `List ${id}` })),
    todos: many(rowCount, id => ({
      id,
      title: `Todo number ${id} with a title of some length`,
      done: random() < 0.3,
      priority: random() < 0.2 ? null : Math.floor(random() * 10),
      list_id: id % listCount + 1,
      user_id: Math.floor(random() * userCount) + 1,
      created_at: moment(id),
    })),
    readings: many(rowCount, id => ({
      id,
      sensor: id % sensorCount + 1,
      value: 0.25 + random(),
      weight: random() < 0.2 ? null : random() * 1000,
      ...raw && { raw: Buffer.from(many(32, () => Math.floor(random() * 256))) },
      details: { unit: 'celsius', tags: ['indoor', 'calibrated'], drift: Math.floor(random() * 100) },
      at: moment(id),
    })),
  }
}

/** The same numbers in each run: mulberry32. */
function createRandom(seed) {
  let state = seed
  return () => {
    state = state + 0x6D2B79F5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296
  }
}
