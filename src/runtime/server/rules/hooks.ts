import type { SQL } from 'drizzle-orm'
import type { H3Event } from 'h3'

/** What a hook gets to know of the operation. */
export interface HookContext {
  event: H3Event
  /** Name of the collection. */
  collection: string
  /** Parameters of the route; a batch gives each operation those of its own. */
  params: { collection: string, key?: string }
  /** Options of the read as they came in: where, orderBy, limit, …, and free values beside them. */
  query: Record<string, unknown>
  /** One object for the before and the after hooks of an operation. */
  meta: Record<string, unknown>
}

/** What `transformQuery` gives to work on. */
export interface QueryTransform {
  /** One more condition that rows have to fulfil. */
  where: (condition: SQL) => QueryTransform
  /** Expressions to answer with each row, by name; a function gets the columns of the table. */
  extras: (extras: Extras | ((columns: Record<string, SQL>) => Extras)) => QueryTransform
}
export type Extras = Record<string, SQL | SQL.Aliased>

/** What a function without a result gives; a promise, which `unknown` would let pass, is not like it. */
type Nothing = ReturnType<() => void>

export interface TransformsQuery {
  /** Narrows which rows the operation can reach. Called before the hook ends, with a function that does not wait. */
  transformQuery: (transform: (query: QueryTransform) => QueryTransform | Nothing) => void
}

export interface HasResult<Result> {
  result: Result
  /** Answers something else. */
  setResult: (result: Result) => void
}

/** What `realtime.filter` and `realtime.authorize` decide on. */
export interface RealtimeContext {
  /** The connection. */
  peer: unknown
  collection: string
  /** Denies, with or without a reason. */
  reject: (reason?: string) => void
}

/** Payloads of the hooks of a table by name. */
export interface HookPayloads<Row, Input> {
  'index.get.before': HookContext & TransformsQuery
  'index.get.after': HookContext & HasResult<Row[]>
  'index.post.before': HookContext & { body: Input }
  'index.post.after': HookContext & { body: Input } & HasResult<Row>
  'item.get.before': HookContext & TransformsQuery
  'item.get.after': HookContext & HasResult<Row>
  'item.patch.before': HookContext & TransformsQuery & { body: Partial<Input> }
  'item.patch.after': HookContext & { body: Partial<Input> } & HasResult<Row>
  'item.delete.before': HookContext & TransformsQuery
  'item.delete.after': HookContext & HasResult<Row>
  'realtime.authorize': RealtimeContext & { key?: string, where?: unknown }
  'realtime.filter': RealtimeContext & { type: 'created' | 'updated' | 'deleted', record: Row, key?: string | number }
}

export type HookName = keyof HookPayloads<unknown, unknown>
/** What a hook gives is awaited and ignored. */
export type TableHooks<Row, Input> = { [N in HookName]?: (payload: HookPayloads<Row, Input>[N]) => unknown }

/** A registered hook. Its payload is built to fit its name. */
export type Hook = (payload: never) => unknown
/** The part of a hook's name that operations of one kind share. */
export type HookSubject = 'index.get' | 'index.post' | 'item.get' | 'item.patch' | 'item.delete'

const subjects: HookSubject[] = ['index.get', 'index.post', 'item.get', 'item.patch', 'item.delete']
export const hookNames: readonly string[] = [...subjects.flatMap(subject => [`${subject}.before`, `${subject}.after`]), 'realtime.authorize', 'realtime.filter']
