import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { env } from 'node:process'
import mysql from 'mysql2/promise'
import pg from 'pg'

/*
 * Servers that tests use where they run. Each test file gets a database of its own, which it drops.
 * REQUIRE_SERVICES=1 makes a missing server a failure.
 */

const postgresUrl = env.POSTGRES_URL ?? 'postgres://root@127.0.0.1:5432/postgres'
const mysqlUrl = env.MYSQL_URL ?? 'mysql://root@127.0.0.1:3306'

const redisUrl = env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const natsUrl = env.NATS_URL ?? 'nats://127.0.0.1:4222'

export interface TestDatabase {
  url: string
  drop: () => Promise<void>
}

/** A database that orders text by its bytes or, without `binary`, as people do; `undefined` where PostgreSQL does not answer. */
export async function createPostgresDatabase(binary = true): Promise<TestDatabase | undefined> {
  const admin = new pg.Client(postgresUrl)
  if (!await answers('PostgreSQL', postgresUrl, () => admin.connect()))
    return undefined
  const name = databaseName()
  await admin.query(`create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8' ${binary ? '' : 'locale_provider icu icu_locale \'en-US\''}`)
  return {
    url: Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href,
    async drop() {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

/** A database that orders text by its bytes or, without `binary`, as the server does; `undefined` where neither MariaDB nor MySQL answers. */
export async function createMysqlDatabase(binary = true): Promise<TestDatabase | undefined> {
  let admin!: mysql.Connection
  const connected = await answers('MariaDB', mysqlUrl, async () => {
    admin = await mysql.createConnection(mysqlUrl)
  })
  if (!connected)
    return undefined
  const name = databaseName()
  const [rows] = await admin.query('select version() as version')
  const collation = String((rows as { version: string }[])[0]!.version).includes('MariaDB') ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'
  await admin.query(`create database ${name} character set utf8mb4 ${binary ? `collate ${collation}` : ''}`)
  return {
    url: Object.assign(new URL(mysqlUrl), { pathname: `/${name}` }).href,
    async drop() {
      await admin.query(`drop database ${name}`)
      await admin.end()
    },
  }
}

/** A pool whose connections may be cut when its database is dropped. */
export function createPostgresPool(url: string, max = 8): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max })
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

/** The address of Redis; `undefined` where it does not answer. */
export function findRedis(): Promise<URL | undefined> {
  return find('Redis', redisUrl)
}

/** The address of NATS; `undefined` where it does not answer. */
export function findNats(): Promise<URL | undefined> {
  return find('NATS', natsUrl)
}

async function find(name: string, address: string): Promise<URL | undefined> {
  const url = new URL(address)
  const probe = () => new Promise<void>((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.destroy()
      resolve()
    }).on('error', reject)
  })
  return await answers(name, address, probe) ? url : undefined
}

async function answers(name: string, url: string, connect: () => Promise<unknown>): Promise<boolean> {
  try {
    await connect()
    return true
  }
  catch (error) {
    if (env.REQUIRE_SERVICES)
      throw new Error(`${name} does not answer at ${url}.`, { cause: error })
    console.warn(`${name} does not answer at ${url}: its tests are skipped.`)
    return false
  }
}

function databaseName(): string {
  return `rstore_test_${randomBytes(6).toString('hex')}`
}
