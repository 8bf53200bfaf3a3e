import type { Row } from '../../../src/runtime/shared/model'
import type { Change } from '../../oracle/support/live/server'
import type { Backend } from './backend'
import type { History, Step, Write } from './steps'
import { env } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultQueryLimits } from '../../../src/runtime/shared/query'
import { pick } from '../../oracle/support/live/pick'
import { isTemporary } from '../../oracle/support/live/compare'
import { LiveServer } from '../../oracle/support/live/server'
import { createRandom } from '../../oracle/support/random'
import { Client } from './client'

export interface Patience {
  /** How long nothing happens where all is at rest, in milliseconds. */
  quiet: number
  /** How long a difference may last once all is at rest, in milliseconds. */
  late: number
}

/** Goes through a history. Gives what is wrong in the end, or at a point of rest. */
export async function runHistory({ seed, clients: given, rows, steps }: History, backend: Backend, patience: Patience): Promise<string[]> {
  const random = createRandom(seed ^ 0x5EED)
  const others = new LiveServer(backend.setup, defaultQueryLimits)
  await others.fill(rows)
  const clients = await Promise.all(given.map(options => Client.start(backend, options, random)))
  const admins = new Set<string>()
  let doing: Promise<unknown>[] = []
  async function spawn(work: Promise<unknown>, waits = false): Promise<void> {
    const done = work.catch(() => undefined)
    doing.push(done)
    if (waits)
      await done
  }

  async function call(server: number, user: string, method: string, path: string, body?: object): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${backend.port(server) ?? 1}${backend.apiPath}/${path}`, {
      method,
      headers: { 'x-user': user, ...body && { 'content-type': 'application/json' } },
      body: body && JSON.stringify(body, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value),
    })
    await response.arrayBuffer()
    if (response.status >= 500)
      throw new Error(`${method} ${path} was answered with ${response.status}.`)
  }

  /** What a write is as an operation of the API. */
  async function operationOf({ kind, collection, i, values }: Write): Promise<{ type: string, collection: string, key?: string, item?: Row } | undefined> {
    if (kind === 'create')
      return { type: kind, collection, item: newRow(collection, i, values) }
    const row = pick(await others.rows(collection), i)
    return row && { type: kind, collection, key: String(clients[0]!.keyOf(collection, row)), item: kind === 'update' ? values : undefined }
  }

  async function direct({ kind, collection, i, values }: Write, server: number, tellsBefore: boolean): Promise<void> {
    const before = new Map((await others.rows(collection)).map(row => [String(clients[0]!.keyOf(collection, row)), row]))
    const changes = await retried(() => kind === 'delete' ? others.remove(collection, i) : others.write(collection, kind === 'create' ? i * 3 : i * 3 + 1, values))
    // What the database does along with it, they don't know.
    for (const { key, row } of changes.slice(0, 1)) {
      const former = before.get(String(key))
      const record = row ?? former ?? {}
      await backend.publish(server, { collection, key: String(key), type: !row ? 'deleted' : former ? 'updated' : 'created', record, ...tellsBefore && former && { previousRecord: former } })
    }
  }

  function newRow(collection: string, i: number, values: Row): Row {
    const row = { ...others.make(collection, i), ...values }
    if (others.isNumbered(collection))
      delete row.id
    if (i % 2 === 0)
      delete row.createdAt
    return row
  }

  async function take(step: Exclude<Step, { do: 'rest point' }>): Promise<unknown> {
    clients.forEach(client => client.note(`step ${steps.indexOf(step) + 1}: ${step.do}`))
    switch (step.do) {
      case 'mount': return clients[step.client]!.mount(step.collection, step.asked)
      case 'reload': return spawn(clients[step.client]!.reload(step.queries, step.wait))
      case 'change': return clients[step.client]!.change(step.i, step.collection, step.asked)
      case 'unmount': return clients[step.client]!.unmount(step.i)
      case 'fetchMore': return clients[step.client]!.fetchMore(step.i)
      case 'cut': return clients[step.client]!.line.cut()
      case 'fate': return clients[step.client]!.fates.push(step.fate)
      case 'fault': return clients[step.client]!.line.plan(step.fault)
      case 'refuse': return clients[step.client]!.line.refuse(step.milliseconds)
      case 'mutate': {
        const { write: { kind, collection, i, values }, optimistic } = step
        const client = clients[step.client]!
        return spawn(kind === 'create' ? client.create(collection, newRow(collection, i, values), optimistic) : kind === 'update' ? client.update(collection, i, values, optimistic) : client.remove(collection, i, optimistic), step.waits)
      }
      case 'race': {
        const { collection, i, values: [own, theirs], deletes } = step
        const client = clients[step.client]!
        const row = pick(client.cached(collection), i)
        const key = row && String(client.keyOf(collection, row))
        if (!key || isTemporary(key))
          return
        const other = requestOf({ type: deletes ? 'delete' : 'update', collection, key, item: deletes ? undefined : theirs })
        return Promise.all([spawn(client.update(collection, i, own, true)), spawn(call(step.server, step.user, ...other))])
      }
      case 'rest': return spawn(operationOf(step.write).then(operation => operation && call(step.server, step.user, ...requestOf(operation))), step.waits)
      case 'batch': return spawn(Promise.all(step.writes.map(operationOf)).then(operations => call(step.server, step.user, 'POST', '_batch', { operations: operations.filter(one => one !== undefined), atomic: step.atomic })), step.waits)
      case 'direct': return spawn(direct(step.write, step.server, step.tellsBefore), step.waits)
      case 'admin':
        admins[step.on ? 'add' : 'delete'](step.user)
        return spawn(backend.setAdmins(new Set(admins), step.user), true)
      case 'restart': return spawn(backend.restart(step.server))
      case 'kill': return spawn(Promise.resolve(backend.kill?.(step.server)))
      case 'dieBeforePublish': return spawn(Promise.resolve(backend.dieBeforePublish?.(step.server)), true)
      case 'cutPubSub': return spawn(Promise.resolve(backend.cutPubSub(step.server, step.milliseconds)))
      case 'wait': return (step.milliseconds ? sleep(step.milliseconds) : new Promise(resolve => setImmediate(resolve)))
      case 'calm': return calm()
    }
  }

  /** What is under way arrives, unless it takes long. */
  async function calm(): Promise<void> {
    for (let turn = 0; turn < 20 && !clients.every(client => client.isQuiet); turn++)
      await sleep(2)
    await sleep(3)
  }

  /** Nothing goes wrong any more, and everything that is on its way arrives. */
  async function rest(): Promise<string[]> {
    clients.forEach(client => client.heal())
    while (doing.length > 0) {
      const former = doing
      doing = []
      await Promise.all(former)
    }
    const end = Date.now() + patience.late
    for (let found: string[] | undefined; ;) {
      if (!await isQuiet(patience.quiet)) {
        if (Date.now() > end + 10_000)
          return ['It does not come to rest.', ...found ?? []]
        continue
      }
      if (!found) {
        found = []
        clients.forEach(client => client.refreshFailed())
        continue
      }
      found = (await Promise.all(clients.map(client => client.differences(admins.has(client.options.user))))).flat()
      if (found.length === 0 || Date.now() > end)
        return [...found, ...found.length > 0 && env.HISTORY_TRACE ? clients.flatMap((client, i) => client.trace.map(text => `client ${i} ${text}`)) : [], ...backend.errors().map(error => `A server failed: ${error instanceof Error ? error.stack : String(error)}`)]
    }
  }

  async function isQuiet(milliseconds: number): Promise<boolean> {
    await backend.settled()
    const activity = () => clients.reduce((sum, client) => sum + client.happened, 0)
    const before = activity()
    await sleep(milliseconds)
    await backend.settled()
    return clients.every(client => client.isQuiet) && activity() === before
  }

  try {
    for (const [i, step] of steps.entries()) {
      if (step.do === 'rest point') {
        const found = await rest()
        if (found.length > 0)
          return [`At step ${i + 1}:`, ...found]
      }
      else {
        await take(step)
      }
    }
    return await rest()
  }
  finally {
    clients.forEach(client => client.close())
    await Promise.all(doing)
  }
}

function requestOf({ type, collection, key, item }: { type: string, collection: string, key?: string, item?: Row }): [method: string, path: string, body?: Row] {
  const path = key === undefined ? collection : `${collection}/${encodeURIComponent(key)}`
  return [type === 'create' ? 'POST' : type === 'update' ? 'PATCH' : 'DELETE', path, item]
}

/** SQLite may be locked by somebody else for a while. */
async function retried(write: () => Promise<Change[]>): Promise<Change[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write()
    }
    catch (error) {
      if (attempt === 50 || !/busy|locked/i.test(String((error as Error).cause ?? error)))
        throw error
      await sleep(2)
    }
  }
}
