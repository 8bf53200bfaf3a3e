import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { is, Table } from 'drizzle-orm'
import { join, relative } from 'pathe'
import { afterEach, describe, expect, it } from 'vitest'
import { findDrizzleConfig, loadSchema } from '../../../src/build/load-schema'

const schemas = fileURLToPath(new URL('../../fixtures/schemas', import.meta.url))

async function load(folder: string, config?: string, root = folder) {
  const rootDir = join(schemas, root)
  const configPath = findDrizzleConfig(join(schemas, folder), config)!
  const result = await loadSchema({ rootDir, configPath, alias: { '~~': rootDir } })
  return {
    ...result,
    tables: result.schema?.exports.filter(({ value }) => is(value, Table)).map(({ name }) => name),
    files: result.schema?.files.map(file => relative(schemas, file)),
    evaluated: result.evaluated.map(file => relative(schemas, file)),
  }
}

describe('drizzle config', () => {
  it('is looked for under its usual names, and only under the one that the app gives', () => {
    expect(findDrizzleConfig(join(schemas, 'single'), undefined)).toBe(join(schemas, 'single/drizzle.config.ts'))
    expect(findDrizzleConfig(join(schemas, 'package/db'), undefined)).toBe(join(schemas, 'package/db/drizzle.config.js'))
    expect(findDrizzleConfig(join(schemas, 'multi'), 'config/drizzle.config.mjs')).toBe(join(schemas, 'multi/config/drizzle.config.mjs'))
    expect(findDrizzleConfig(join(schemas, 'single'), 'drizzle.config.js')).toBeUndefined()
  })
})

describe('schema files', () => {
  it('loads one file with the aliases of the app and tells what it evaluated', async () => {
    const { schema, tables, problems, evaluated } = await load('single')
    expect(problems).toEqual([])
    expect(schema?.dialect).toBe('sqlite')
    expect(tables).toEqual(['todos'])
    expect(evaluated).toEqual(['single/drizzle.config.ts', 'single/schema.ts', 'single/shared/states.ts'])
  })

  it('merges a list of folders, globs and files, as Drizzle Kit reads them', async () => {
    const { problems, files, tables, schema } = await load('multi', 'config/drizzle.config.mjs')
    expect(problems).toEqual([])
    expect(files).toEqual([
      'multi/tables/index.ts',
      'multi/tables/posts.ts',
      'multi/tables/users.ts',
      'multi/features/billing/invoice.schema.ts',
      'multi/plain.mjs',
    ])
    expect(new Set(tables)).toEqual(new Set(['users', 'posts', 'default', 'invoices', 'settings']))
    const users = schema!.exports.filter(({ name }) => name === 'users')
    expect(users).toHaveLength(2)
    expect(users[0]!.value).toBe(users[1]!.value)
  })

  it('reads paths from the folder of the config where the project root has no such file', async () => {
    const { problems, files } = await load('package/db', undefined, 'single/shared')
    expect(problems).toEqual([])
    expect(files).toEqual(['package/db/src/schema.ts'])
  })

  it('runs top-level await', async () => {
    const { problems, tables } = await load('await')
    expect(problems).toEqual([])
    expect(tables).toEqual(['late'])
  })

  it('names the files that are missing or fail, and still gives the others', async () => {
    const { problems, tables, schema } = await load('broken')
    expect(problems).toMatchObject([
      { severity: 'error', file: join(schemas, 'broken/drizzle.config.ts'), subject: 'schema "./missing.ts"' },
      { severity: 'error', file: join(schemas, 'broken/throws.ts'), message: expect.stringContaining('not-there') },
    ])
    expect(schema?.complete).toBe(false)
    expect(tables).toEqual(['$store', 'keyless'])
  })

  it('refuses a dialect that it does not know', async () => {
    const { problems, schema } = await load('dialect')
    expect(schema).toBeUndefined()
    expect(problems).toMatchObject([{ subject: 'dialect', message: '"singlestore" is not supported.' }])
  })
})

describe('loading again', () => {
  let folder: string
  afterEach(() => rm(folder, { recursive: true }))

  it('sees changes of the schema, of what it imports and of ES modules', async () => {
    folder = await mkdtemp(join(tmpdir(), 'rstore-schema-'))
    await cp(join(schemas, 'single'), folder, { recursive: true })
    await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
    await writeFile(join(folder, 'helper.mjs'), 'export const name = "first"')
    await writeFile(join(folder, 'schema.ts'), `
      import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
      import { states } from '~~/shared/states'
      import { name } from './helper.mjs'
      export const todos = sqliteTable(name, { id: text({ enum: states }).primaryKey() })
    `)
    const read = async () => {
      const { schema } = await loadSchema({ rootDir: folder, configPath: join(folder, 'drizzle.config.ts'), alias: { '~~': folder } })
      const table = schema!.exports[0]!.value as { id: { enumValues: string[] } } & Record<symbol, unknown>
      return [table[Symbol.for('drizzle:Name')], table.id.enumValues]
    }
    expect(await read()).toEqual(['first', ['open', 'done']])
    await writeFile(join(folder, 'helper.mjs'), 'export const name = "second"')
    await writeFile(join(folder, 'shared/states.ts'), 'export const states = ["new"] as const')
    expect(await read()).toEqual(['second', ['new']])
  })
})
