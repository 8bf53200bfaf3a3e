import type { Dialect } from '../../src/runtime/shared/model'
import type { Logger } from 'drizzle-orm'
import type { DialectServer } from '../server/support/serve'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest'
import { serve } from '../server/support/serve'
import { changes } from './changes'
import { connections } from './connections'
import { lists } from './lists'
import { previous } from './previous'
import { rows } from './rows'
import { rules } from './rules'
import * as mysql from './schemas/mysql'
import * as postgresql from './schemas/postgresql'
import * as sqlite from './schemas/sqlite'
import { types } from './types'

/** A driver, connected to a database of its own. */
export interface Connection {
  /** What an app's `useDrizzle` would give. */
  drizzle: (config: { casing?: 'snake_case' | 'camelCase', schema?: Record<string, unknown>, logger?: Logger }) => unknown
  close: () => Promise<unknown>
}

export interface DriverOptions {
  dialect: Dialect
  /** To an empty database. Absent where the driver can't run here; the adapter has said why. */
  connect?: () => Promise<Connection>
  /** Transactions may run at the same time. */
  pooled?: boolean
  /** One connection, on which the statements of others come in between those of an open transaction. */
  exposed?: boolean
}

/** What the parts of the suite work with: a server over the driver, in front of tables that are empty before each test. */
export interface World {
  dialect: Dialect
  pooled: boolean
  exposed: boolean
  /** Its exports, those besides tables too. */
  schema: Schema
  server: DialectServer
  connection: Connection
  /** Runs a statement past the server. */
  run: (statement: string) => Promise<unknown>
}

type Schema = typeof sqlite | typeof postgresql | typeof mysql
const schemas: Record<Dialect, Schema> = { sqlite, postgresql, mysql }
const emptied = ['todos', 'lists', 'tokens', 'drafts', 'grades', 'named', 'bounded', 'moments', 'kinds']

/** What every driver has to do, over real HTTP. */
export function conformance(name: string, { dialect, connect, pooled = false, exposed = false }: DriverOptions): void {
  describe(name, () => {
    if (!connect) {
      it.skip('can\'t run here')
      return
    }
    const schema = schemas[dialect]
    const world = { dialect, pooled, exposed, schema } as Partial<World> as World

    beforeAll(async () => {
      world.connection = await connect()
      const database = world.connection.drizzle({ casing: 'snake_case' })
      world.run = statement => execute(database, statement)
      for (const statement of schema.ddl)
        await world.run(statement)
      world.server = await serve(dialect, async () => database, schema)
    })
    beforeEach(async () => {
      world.server.errors.length = world.server.badValues.length = 0
      for (const table of emptied)
        await world.run(`delete from ${table}`)
    })
    afterAll(async () => {
      world.server?.close()
      await world.connection?.close()
    })

    describe('rows', () => rows(world))
    describe('types', () => types(world))
    describe('lists', () => lists(world))
    describe('changes', () => changes(world))
    describe('previous rows', () => previous(world))
    describe('connections', () => connections(world))
    describe('rules', () => rules(world))
  })
}

type Runner = Record<'run' | 'execute', ((query: ReturnType<typeof sql>) => unknown) | undefined>

async function execute(database: unknown, statement: string): Promise<unknown> {
  const { run, execute = run } = database as Runner
  return await execute!.call(database, sql.raw(statement))
}
