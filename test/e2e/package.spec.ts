import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { promisify } from 'node:util'
import { dirname, join } from 'pathe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../support/sources'
import { freePort } from '../support/port'

/*
 * The packed module in a new app, set up by nothing but the quick start of the README: its files are
 * written as they stand there, its commands are run.
 */

const run = promisify(execFile)
/** As on a user's machine: nothing that a test runner or an npm script sets. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm_|VITEST|VITE_|NODE_ENV|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/i.test(name)))
env.NUXT_TELEMETRY_DISABLED = '1'

interface Snippet { language: string, file?: string, text: string }

let folder: string
let tarball: string
let snippets: Snippet[]
let server: ChildProcess | undefined
let origin: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rstore-package-'))
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root })
  tarball = join(folder, stdout.trim())
  snippets = parseSnippets(await readFile(join(root, 'README.md'), 'utf8'))
})

afterAll(async () => {
  await stop()
  if (folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

describe('the packed module in a new app', () => {
  it('installs', async () => {
    await write('package.json', JSON.stringify({ name: 'new-app', private: true, type: 'module', dependencies: { nuxt: installed('nuxt') }, devDependencies: { 'typescript': installed('typescript'), 'vue-tsc': installed('vue-tsc') } }))
    await write('tsconfig.json', JSON.stringify({ files: [], references: ['app', 'server', 'shared', 'node'].map(name => ({ path: `./.nuxt/tsconfig.${name}.json` })) }))
    const [install] = commands(/^npm i /)
    expect(install).toContain('nuxt-rstore-drizzle')
    await shell(`${install!.replace('nuxt-rstore-drizzle', tarball)} --prefer-offline --no-audit --no-fund`)
  }, 300_000)

  it('takes the files of the quick start', async () => {
    const files = snippets.filter(({ file }) => file)
    expect(files.map(({ file }) => file)).toEqual(['nuxt.config.ts', 'server/database/schema.ts', 'drizzle.config.ts', 'server/utils/drizzle.ts', 'app/app.vue'])
    for (const { file, text } of files)
      await write(file!, text)
    for (const command of commands(/^npx drizzle-kit /))
      await shell(command)
    expect(await readdir(folder)).toContain('local.db')
  })

  it('builds', async () => {
    expect(await shell('npx nuxt build')).toContain('1 collection (sqlite) on /api/rstore')
  }, 300_000)

  it('has types that fit the quick start, and errors for what does not', async () => {
    await write('app/right.ts', 'import type { TodosRow } from \'#rstore-drizzle/types\'\n\nexport const title = (todo: TodosRow): string => todo.title\n')
    await shell('npx vue-tsc -b --noEmit')
    await write('app/wrong.ts', 'export const wrong = useStore().todos.query(q => q.many({ where: eq(\'titel\', \'x\') }))\n')
    await expect(shell('npx vue-tsc -b --noEmit')).rejects.toMatchObject({ stdout: expect.stringContaining('titel') })
  }, 300_000)

  it('serves the API and renders the page', async () => {
    await start()
    const created = await fetch(`${origin}/api/rstore/todos`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ title: 'From the tarball' }) })
    expect(await created.json()).toMatchObject({ id: 1, title: 'From the tarball', completed: false })

    const where = JSON.stringify({ operator: 'eq', field: 'completed', value: false })
    expect(await (await fetch(`${origin}/api/rstore/todos?where=${encodeURIComponent(where)}`)).json()).toHaveLength(1)
    expect(await (await fetch(`${origin}/api/rstore/todos/1`)).json()).toMatchObject({ title: 'From the tarball' })
    expect(await (await fetch(`${origin}/api/rstore/todos/2`)).json()).toMatchObject({ statusCode: 404, data: { code: 'RSTORE_NOT_FOUND' } })

    const page = await (await fetch(origin)).text()
    expect(page.replace(/<script[\s\S]*?<\/script>/g, '')).toContain('From the tarball')
  })

  it('has subpaths that plain Node imports', async () => {
    const name = 'nuxt-rstore-drizzle'
    const { exports } = JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
    const subpaths = Object.keys(exports).map(subpath => join(name, subpath))
    await write('import.mjs', subpaths.map((subpath, i) => `import * as m${i} from ${JSON.stringify(subpath)}${subpath.endsWith('.json') ? ' with { type: \'json\' }' : ''}\nconsole.log(Object.keys(m${i}).join())\n`).join(''))
    const { stdout } = await run(process.execPath, ['import.mjs'], { cwd: folder, env })
    expect(stdout.trim().split('\n')).toHaveLength(subpaths.length)
    expect(stdout.split('\n')[0]).toBe('default')
  })

  it('holds what is published, and nothing else', async () => {
    const files = (await readdir(join(folder, 'node_modules/nuxt-rstore-drizzle'), { recursive: true, withFileTypes: true })).filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name).slice(join(folder, 'node_modules/nuxt-rstore-drizzle/').length))
    expect(files.filter(file => !file.startsWith('dist/runtime/')).sort()).toEqual(['LICENSE', 'README.md', 'dist/module.d.mts', 'dist/module.json', 'dist/module.mjs', 'dist/pubsub/nats.d.mts', 'dist/pubsub/nats.mjs', 'dist/pubsub/postgres.d.mts', 'dist/pubsub/postgres.mjs', 'dist/pubsub/redis.d.mts', 'dist/pubsub/redis.mjs', 'dist/realtime.d.mts', 'dist/realtime.mjs', 'dist/schema.d.mts', 'dist/schema.mjs', 'dist/types.d.mts', 'package.json'])
    expect(files.filter(file => file.startsWith('dist/runtime/') && !/\.(?:js|d\.ts)$/.test(file))).toEqual([])
  })
})

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true })
  await writeFile(join(folder, file), text)
}

async function shell(command: string): Promise<string> {
  const { stdout, stderr } = await run('sh', ['-c', command], { cwd: folder, env, maxBuffer: 64 * 2 ** 20 })
  return stdout + stderr
}

async function start(): Promise<void> {
  const port = await freePort()
  origin = `http://127.0.0.1:${port}`
  let output = ''
  server = spawn(process.execPath, ['.output/server/index.mjs'], { cwd: folder, env: { ...env, HOST: '127.0.0.1', PORT: String(port) }, stdio: 'pipe' })
  const died = new Promise<never>((_, reject) => server!.once('exit', code => reject(new Error(`The server ended with ${code}:\n${output}`))))
  died.catch(() => undefined)
  const listening = new Promise<void>((resolve) => {
    for (const stream of [server!.stdout!, server!.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('Listening on'))
          resolve()
      })
    }
  })
  await Promise.race([listening, died])
}

async function stop(): Promise<void> {
  if (server?.exitCode !== null)
    return
  const ended = new Promise(resolve => server!.once('exit', resolve))
  server.kill()
  await ended
}

/** The version that this project is developed with. */
function installed(name: string): string {
  return (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version
}

function commands(pattern: RegExp): string[] {
  return snippets.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n')).filter(line => pattern.test(line))
}

/** Fenced blocks. The first line of one that is a file names it in a comment. */
function parseSnippets(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language: language!,
    text: text!,
    file: /^(?:\/\/|<!--) (\S+\.\w+)/.exec(text!)?.[1],
  }))
}
