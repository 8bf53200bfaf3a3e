import type { Browser, Page } from 'playwright-core'
import type { TestServer } from '../server/support/create-server'
import type { Recording, Step } from './support/frames'
import type { ApiRequest, Front } from './support/front'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { promisify } from 'node:util'
import { join } from 'pathe'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../e2e/setup/global'
import { launchBrowser } from '../e2e/setup/browser'
import { createServer } from '../server/support/create-server'
import { installed, root } from '../support/sources'
import { expectClientFrame, expectServerFrame, schema } from './support/frames'
import { createFront } from './support/front'

/*
 * The published client of `@rstore/nuxt-drizzle`, in an app of its own and a real browser, with our server. Installs and builds, so it is asked for:
 * INTEROP=1 runs it, and INTEROP=record writes what it has seen to frames.json, which replay.spec.ts goes by.
 */

const client = '@rstore/nuxt-drizzle'
const version = '0.8.4'
const { INTEROP } = process.env
if (!INTEROP)
  console.info(`The published client of ${client} is not run: INTEROP=1 installs and runs it.`)

const run = promisify(execFile)
const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm_|VITEST|VITE_|NODE_ENV|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/i.test(name))), NUXT_TELEMETRY_DISABLED: '1' }

describe.skipIf(!INTEROP)('the published client', () => {
  const steps: Step[] = []
  let folder: string
  let server: TestServer
  let front: Front
  let browser: Browser
  let page: Page
  let connections = 0
  let failed = false

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rstore-published-'))
    await cp(join(root, 'test/fixtures/published'), folder, { recursive: true })
    const packages = [`${client}@${version}`, ...['nuxt', 'drizzle-orm'].map(name => `${name}@${installed(name)}`)]
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: folder, env })
    await run(process.execPath, ['node_modules/nuxt/bin/nuxt.mjs', 'generate'], { cwd: folder, env: { ...env, NODE_ENV: 'production' }, maxBuffer: 2 ** 26 })
    server = await createServer({ schema, realtime: {} })
    front = await createFront(join(folder, '.output/public'), server.port, request => void steps.push({ request }))
    browser = await launchBrowser(await chromiumPath())
    page = await (await browser.newContext()).newPage()
    page.on('websocket', (socket) => {
      const connection = ++connections
      steps.push({ connected: connection })
      socket.on('framesent', ({ payload }) => void steps.push({ sent: parse(payload) }))
      socket.on('framereceived', ({ payload }) => void steps.push({ received: parse(payload) }))
      socket.on('close', () => void steps.push({ closed: connection }))
    })
  }, 600_000)

  afterAll(async () => {
    await browser?.close()
    front?.close()
    server?.hub.dispose()
    await server?.close()
    if (folder)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail'
  })

  /** Somebody else changes something. */
  async function change(method: string, path: string, body?: unknown): Promise<void> {
    const request: ApiRequest = { method, path, body, headers: { 'x-rstore-client-id': 'somebody else' } }
    steps.push({ request })
    expect((await server.call(method, path, body, request.headers)).status).toBeLessThan(300)
  }

  const poll = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 })
  const titles = () => page.locator('.todo').allTextContents().then(texts => texts.map(text => text.trim()))
  const frames = (kind: 'sent' | 'received') => steps.flatMap(step => kind in step ? [(step as Record<string, unknown>)[kind]] : [])
  const subscriptions = () => frames('sent').filter(frame => frame !== 'ping')
  /** Subscriptions that are in effect. A frame that was sent has yet to be worked off. */
  const inEffect = () => server.hub.createHealth()().subscriptions
  const evaluate = (code: string) => page.evaluate(code)

  it('subscribes, and gets its rows', async () => {
    await change('POST', 'todos', { title: 'First' })
    await page.goto(front.url)
    await poll(titles).toEqual(['1 First'])
    await poll(subscriptions).toEqual([{ subscription: { action: 'subscribe', collection: 'todos', where: { operator: 'eq', field: 'done', value: false } } }])
    await poll(inEffect).toBe(1)
  })

  it('shows what others create, change and delete', async () => {
    await change('POST', 'todos', { title: 'Second' })
    await poll(titles).toEqual(['1 First', '2 Second'])
    await change('PATCH', 'todos/1', { title: 'Changed' })
    await poll(titles).toEqual(['1 Changed', '2 Second'])
    await change('DELETE', 'todos/2')
    await poll(titles).toEqual(['1 Changed'])
  })

  // This version names itself neither in a frame nor in its requests, as later ones do by their documentation: it gets its echo.
  it('shows once what it has created itself', async () => {
    await evaluate('add("Own")')
    await poll(() => frames('received').at(-1)).toMatchObject({ update: { type: 'created', record: { title: 'Own' } } })
    expect(await titles()).toEqual(['1 Changed', '2 Own'])
    expect(JSON.stringify(frames('received'))).not.toContain('originClientId')
  })

  it('subscribes to a row, and ends it', async () => {
    await evaluate('show(2)')
    await poll(() => subscriptions().at(-1)).toEqual({ subscription: { action: 'subscribe', collection: 'todos', key: '2' } })
    await poll(inEffect).toBe(2)
    // It does not fulfil the condition of the list any more.
    await change('PATCH', 'todos/2', { done: true, title: 'One' })
    await poll(() => page.locator('#one').textContent().then(text => text?.trim())).toBe('One')
    await evaluate('show()')
    await poll(() => subscriptions().at(-1)).toEqual({ subscription: { action: 'unsubscribe', collection: 'todos', key: '2' } })
    await poll(inEffect).toBe(1)
    const before = frames('received').length
    await change('PATCH', 'todos/2', { title: 'Unheard' })
    await change('PATCH', 'todos/1', { title: 'Heard' })
    await poll(titles).toEqual(['1 Heard'])
    expect(frames('received').slice(before)).toMatchObject([{ update: { key: '1' } }])
  })

  it('is answered when it asks whether the connection is there', async () => {
    await expect.poll(() => frames('received'), { timeout: 30_000 }).toContain('pong')
  })

  it('comes back after its connection was lost, and subscribes anew', async () => {
    front.down()
    await poll(() => steps.some(step => 'closed' in step)).toBe(true)
    const before = subscriptions().length
    front.up()
    await poll(() => subscriptions().slice(before)).toEqual([{ subscription: { action: 'subscribe', collection: 'todos', where: { operator: 'eq', field: 'done', value: false } } }])
    await poll(inEffect).toBe(1)
    await change('POST', 'todos', { title: 'Third' })
    await poll(titles).toEqual(['1 Heard', '3 Third'])
  })

  it('and our server sent each other frames of the documented shapes', async () => {
    expect(failed, 'What a failed run has sent is no record.').toBe(false)
    expect(server.errors).toEqual([])
    frames('sent').forEach(expectClientFrame)
    frames('received').forEach(expectServerFrame)
    const recording: Recording = { client, version, steps: steps.filter(step => !('closed' in step)) }
    const file = join(root, 'test/interop/frames.json')
    const isPing = (step: Step) => ('sent' in step && step.sent === 'ping') || ('received' in step && step.received === 'pong')
    if (INTEROP === 'record')
      await writeFile(file, `${JSON.stringify(recording, null, 2)}\n`)
    else
      // When it asks is a matter of time.
      expect(recording.steps.filter(step => !isPing(step))).toEqual((JSON.parse(await readFile(file, 'utf8')) as Recording).steps.filter(step => !isPing(step)))
  })
})

function parse(payload: string | Buffer): unknown {
  const text = String(payload)
  return text.startsWith('{') ? JSON.parse(text) as unknown : text
}
