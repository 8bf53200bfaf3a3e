import type { PubSub, PubSubErrorHandler, PubSubStage } from '../../../src/runtime/realtime/pubsub'
import type { Proxy } from '../../support/proxy'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { createProxy } from '../../support/proxy'

export interface Driver {
  /**
   * An instance, connecting to the server at this port of 127.0.0.1, that reaches those with the same `space`, a word. `history` is what the
   * log is to keep, `lease` is in milliseconds.
   */
  create: (options: Omit<InstanceOptions, 'proxy'> & { onError: PubSubErrorHandler, port: number, space: string }) => PubSub
  /** The server; `undefined` for a driver within one process, whose `create` gives the same instance. */
  server?: URL
  /** Whether the server is there. */
  available: boolean
  close?: () => Promise<void>
}

export interface InstanceOptions {
  history?: number
  lease?: number
  /** Apart from the others of its tests. */
  space?: string
  /** Another way to the server than that of the others. */
  proxy?: Proxy
}

export interface Instance {
  pubsub: PubSub
  failures: { error: unknown, stage: PubSubStage }[]
  /** How often it was told of a gap. */
  gaps: number
}

/** Instances of a driver, which end with the test. An instance here is what a process is elsewhere. */
export function useInstances({ server, create: createPubSub, close }: Driver) {
  let instances: Instance[] = []
  const ownSpace = randomSpace()
  const use = {
    proxy: undefined as never as Proxy,
    handlesBefore: 0,
    target: server!,
    create,
    /** Instances that reach each other. */
    async createMany(count: number, options?: InstanceOptions): Promise<Instance[]> {
      const made = Array.from({ length: count }, () => create(options))
      if (server)
        await until(() => made.every(isConnected))
      return made
    },
    failures: () => instances.flatMap(({ failures }) => failures),
    /** On no timer, which would be one. */
    async noHandles(): Promise<void> {
      while (handles() > use.handlesBefore)
        await new Promise(resolve => setImmediate(resolve))
    },
  }

  beforeAll(async () => {
    use.handlesBefore = handles()
    if (server)
      use.proxy = await createProxy(server)
  })
  afterEach(async () => {
    await Promise.all(instances.map(({ pubsub }) => pubsub.dispose?.()))
    instances = []
  })
  afterAll(async () => {
    await use.proxy?.close()
    await use.noHandles()
    await close?.()
  })
  return use

  function create({ proxy = use.proxy, space = ownSpace, ...options }: InstanceOptions = {}): Instance {
    const instance: Instance = { failures: [], gaps: 0, pubsub: undefined as never }
    instance.pubsub = createPubSub({ ...options, space, port: proxy?.port ?? 0, onError: (error, { stage }) => instance.failures.push({ error, stage }) })
    instance.pubsub.onGap?.(() => instance.gaps++)
    instances.push(instance)
    return instance
  }
}

export type Instances = ReturnType<typeof useInstances>

export function randomSpace(): string {
  return `s${crypto.randomUUID().replaceAll('-', '')}`
}

export function isConnected({ pubsub }: { pubsub: Pick<PubSub, 'state'> }): boolean {
  return pubsub.state!().connected
}

/** Does what cuts connections, and waits until all are back. */
export async function reconnect(instances: Instance[], cut: () => unknown): Promise<void> {
  const before = instances.map(({ failures }) => failures.length)
  await cut()
  await until(() => instances.every(({ failures }, i) => failures.length > before[i]!))
  await until(() => instances.every(isConnected))
}

export interface Message { n?: number, by?: string, round?: number, text?: string }

/** What arrives on the channel from now on. */
export function record({ pubsub }: Pick<Instance, 'pubsub'>, channel: string): Message[] {
  const seen: Message[] = []
  pubsub.subscribe(channel, payload => void (isProbe(payload) || seen.push(payload as Message)))
  return seen
}

export function until(condition: () => boolean): Promise<void> {
  return vi.waitFor(() => {
    if (!condition())
      throw new Error(`Not so: ${condition}`)
  }, { timeout: 20_000, interval: 5 })
}

/** Waits until what one publishes on the channel arrives at the others, and nothing of that is on its way any more. */
export async function reach(from: Instance, others: Instance[], channel: string): Promise<void> {
  let sent = 0
  const last = new Map<Instance, number>()
  const ends = others.map(other => other.pubsub.subscribe(channel, (payload) => {
    if (isProbe(payload))
      last.set(other, payload.probe)
  }))
  await vi.waitFor(async () => {
    await from.pubsub.publish(channel, { probe: ++sent })
    if (last.size < others.length)
      throw new Error(`${channel} does not get through`)
  }, { timeout: 20_000, interval: 20 })
  await until(() => others.every(other => last.get(other) === sent))
  ends.forEach(end => end())
}

export function isProbe(payload: unknown): payload is { probe: number } {
  return typeof payload === 'object' && payload !== null && 'probe' in payload
}

export function handles(): number {
  return process.getActiveResourcesInfo().filter(name => /TCPSocket|Timeout/.test(name)).length
}
