import type { RestDependencies } from '../../../../src/runtime/server/rest/handlers'
import { createApp, createRouter, toWebHandler } from 'h3'
import { createBatchHandler } from '../../../../src/runtime/server/batch/handler'
import { createRestHandlers } from '../../../../src/runtime/server/rest/handlers'

export const apiPath = '/api/rstore'

/** What a mutation did to one row. */
export interface Effect { type: 'create' | 'update' | 'delete', collection: string, key?: string | number, row: Record<string, unknown> }
interface Operation { type: Effect['type'] | 'fetchMany' | 'fetchFirst', collection: string, key?: string | number, mutationId?: string }
interface Answer { status: number, text: string, headers: Headers }

/** A request between a store and the server. */
export class Call {
  /** `processed`: the server has worked it off, and what it answers is on its way. */
  state: 'sent' | 'processed' | 'done' = 'sent'
  readonly isRead: boolean
  /** What is asked of the server, in order. */
  readonly operations: Operation[]
  answer: Answer | undefined

  constructor(readonly url: string, readonly init: RequestInit, private readonly resolve: (response: Response) => void, private readonly reject: (error: Error) => void) {
    this.operations = operationsOf(url, init)
    this.isRead = this.operations.every(isRead)
  }

  /** What its mutations did, as the server has answered; nothing where they were refused. */
  get effects(): Effect[] {
    const { answer, operations } = this
    if (this.isRead || !answer || answer.status !== 200)
      return []
    const body = JSON.parse(answer.text)
    if (!this.url.endsWith('/_batch'))
      return [{ ...operations[0]!, row: body } as Effect]
    return (body.results as { ok: boolean, result: Record<string, unknown> }[]).flatMap(({ ok, result }, i) => ok && !isRead(operations[i]!) ? [{ ...operations[i]!, row: result } as Effect] : [])
  }

  /** The answer arrives. */
  deliver(): void {
    if (this.state !== 'processed')
      return
    this.state = 'done'
    const { status, text, headers } = this.answer!
    // In place of a real one, whose body takes several turns of the event loop to read.
    this.resolve({ ok: status < 400, status, headers, json: async () => JSON.parse(text) } as Response)
  }

  /** The connection breaks, whatever the server has made of it. */
  break(): void {
    if (this.state === 'done')
      return
    this.state = 'done'
    this.reject(new Error('The line is dead.'))
  }
}

/** The server as requests reach it, with a network in between that holds them until it is told otherwise. */
export class Network {
  private calls: Call[] = []
  private readonly handle: (request: Request) => Promise<Response>

  constructor(dependencies: RestDependencies) {
    const rest = createRestHandlers(dependencies)
    this.handle = toWebHandler(createApp().use(createRouter({ preemptive: true })
      .use(`${apiPath}/_batch`, createBatchHandler(dependencies), 'post')
      .use(`${apiPath}/:collection`, rest.collection)
      .use(`${apiPath}/:collection/:key`, rest.item)))
  }

  readonly fetch = (url: string, init: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => this.calls.push(new Call(url, init, resolve, reject)))

  /** What has not arrived, oldest first. */
  get open(): Call[] {
    return this.calls = this.calls.filter(({ state }) => state !== 'done')
  }

  /** The server works it off, or refuses to. */
  async process(call: Call, refuse = false): Promise<void> {
    if (call.state !== 'sent')
      return
    call.state = 'processed'
    if (refuse) {
      call.answer = { status: 422, text: JSON.stringify({ statusCode: 422, message: 'No.', data: { code: 'RSTORE_REJECTED' } }), headers: new Headers() }
      return
    }
    const { status, headers, ...response } = await this.request(call)
    call.answer = { status, headers, text: response.text }
  }

  private async request({ url, init }: Call): Promise<Answer> {
    const response = await this.handle(new Request(`http://live.test${url}`, init))
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
}

function isRead({ type }: Operation): boolean {
  return type === 'fetchMany' || type === 'fetchFirst'
}

function operationsOf(url: string, { method = 'GET', body }: RequestInit): Operation[] {
  const [collection, ...key] = url.slice(apiPath.length + 1).split(/[/?]/)
  if (collection === '_batch')
    return JSON.parse(body as string).operations
  const type = method === 'POST' ? 'create' : method === 'PATCH' ? 'update' : method === 'DELETE' ? 'delete' : key[0] ? 'fetchFirst' : 'fetchMany'
  return [{ type, collection: collection! }]
}
