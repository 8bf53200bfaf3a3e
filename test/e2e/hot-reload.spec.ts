import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@libsql/client'
import { join } from 'pathe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/port'

/*
 * `nuxt dev` on a copy of the fixture, while its schema is edited. A change has to reach the API, the
 * page and the types without a restart, and no page request may hang on the way.
 */

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))
const nuxt = fileURLToPath(new URL('../../node_modules/nuxt/bin/nuxt.mjs', import.meta.url))

let folder: string
let origin: string
let server: ChildProcess
let output = ''
let database: ReturnType<typeof createClient>

beforeAll(async () => {
  folder = await mkdtemp(join(fixtures, '.tmp-'))
  await cp(join(fixtures, 'basic'), folder, { recursive: true, filter: source => !/\/\.(?:nuxt|output|data)$/.test(source) })
  const url = `file:${join(folder, 'dev.db')}`
  database = createClient({ url })
  const port = await freePort()
  origin = `http://localhost:${port}`
  server = spawn(process.execPath, [nuxt, 'dev', folder, '--port', String(port)], {
    env: { ...process.env, NUXT_DB_URL: url, NUXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'development', VITEST: '', TEST: '' },
    stdio: 'pipe',
    detached: true,
  })
  for (const stream of [server.stdout!, server.stderr!])
    stream.on('data', (chunk: Buffer) => output += chunk.toString())
  await eventually(async () => expect(await list('todos')).toEqual([]))
  await database.execute('insert into todos (title, created_at) values (\'first\', 0)')
  await eventually(async () => expect(await page()).toContain('todos.title'))
})

afterAll(async () => {
  if (server?.exitCode === null) {
    const closed = new Promise(resolve => server.once('close', resolve))
    process.kill(-server.pid!, 'SIGKILL')
    await closed
  }
  database?.close()
  if (folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

describe('editing the schema while `nuxt dev` runs', () => {
  it('adds a column to the API, the page and the types', async () => {
    await database.execute('alter table todos add column note text')
    await edit('server/database/schema.ts', source => source.replace('completed:', 'note: text(),\n  completed:'))
    const pages = askForPages()
    await eventually(async () => expect(await list('todos')).toMatchObject([{ title: 'first', note: null }]))
    await eventually(async () => expect(await page()).toContain('todos.note'))
    await pages.stop()
  })

  it('adds a collection with its types', async () => {
    await database.execute('create table tags (id integer primary key, label text)')
    await edit('server/database/schema.ts', source => `${source}\nexport const tags = sqliteTable('tags', { id: integer().primaryKey(), label: text() })\n`)
    const pages = askForPages()
    await eventually(async () => expect(await list('tags')).toEqual([]))
    await eventually(async () => expect(await page()).toContain('tags.label'))
    await eventually(async () => expect(await readFile(join(folder, '.nuxt/types/rstore-drizzle.d.ts'), 'utf8')).toContain('interface TagsRow'))
    await pages.stop()
  })

  it('outlives a broken schema and takes the next good one', async () => {
    const good = await readFile(join(folder, 'server/database/schema.ts'), 'utf8')
    await edit('server/database/schema.ts', source => source.replace('export const tags =', 'export const tags = ='))
    await eventually(() => expect(output).toContain('the last good one stays'))
    expect(server.exitCode).toBeNull()
    await edit('server/database/schema.ts', () => good.replace('label: text()', 'label: text(), color: text()'))
    await database.execute('alter table tags add column color text')
    const pages = askForPages()
    await eventually(async () => expect(await page()).toContain('tags.color'))
    await eventually(async () => expect(await list('tags')).toEqual([]))
    await pages.stop()
  })

  it('follows the Drizzle config to another schema file', async () => {
    await database.execute('create table extras (id integer primary key)')
    await writeFile(join(folder, 'server/database/extra.ts'), 'import { integer, sqliteTable } from \'drizzle-orm/sqlite-core\'\n\nexport const extras = sqliteTable(\'extras\', { id: integer().primaryKey() })\n')
    await edit('drizzle.config.ts', source => source.replace('schema: \'./server/database/schema.ts\'', 'schema: [\'./server/database/schema.ts\', \'./server/database/extra.ts\']'))
    const pages = askForPages()
    await eventually(async () => expect(await list('extras')).toEqual([]))
    await eventually(async () => expect(await page()).toContain('extras.id'))
    await pages.stop()
  })
})

/**
 * Requests the page over and over, as open tabs do at each reload; `stop` fails where the page is lost.
 * A request that is under way at the very moment when Vite drops its modules may never end, whatever
 * changes them; the next one has to.
 */
function askForPages() {
  let stopped = false
  const asking = (async () => {
    let stalled = 0
    while (!stopped) {
      const failure = await fetch(origin, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(10_000) })
        .then(response => response.text().then(() => undefined))
        .catch((error: Error) => error)
      stalled = failure?.name === 'TimeoutError' ? stalled + 1 : 0
      if (stalled > 1)
        throw new Error(`The page hung.\n${output.slice(-2000)}`)
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  })()
  asking.catch(() => {})
  return {
    stop: () => {
      stopped = true
      return asking
    },
  }
}

async function page(): Promise<string> {
  const response = await fetch(origin, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(10_000) })
  expect(response.status).toBe(200)
  return await response.text()
}

async function list(collection: string): Promise<unknown> {
  const response = await fetch(`${origin}/api/rstore/${collection}`, { signal: AbortSignal.timeout(20_000) })
  expect(response.status).toBe(200)
  return await response.json()
}

async function edit(file: string, change: (source: string) => string): Promise<void> {
  const source = await readFile(join(folder, file), 'utf8')
  const changed = change(source)
  expect(changed).not.toBe(source)
  await writeFile(join(folder, file), changed)
}

async function eventually(check: () => unknown): Promise<void> {
  const end = Date.now() + 100_000
  for (;;) {
    try {
      await check()
      return
    }
    catch (error) {
      if (Date.now() > end || server.exitCode !== null)
        throw new Error(`${(error as Error).message}\n\nnuxt dev said:\n${output.slice(-4000)}`, { cause: error })
      await new Promise(resolve => setTimeout(resolve, 250))
    }
  }
}
