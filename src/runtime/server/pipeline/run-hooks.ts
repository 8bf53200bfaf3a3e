import type { SQL } from 'drizzle-orm'
import type { Row } from '../../shared/model'
import type { Scope } from '../query/scope'
import type { ServerCollection } from '../registry'
import type { Extras, Hook, HookContext, HookSubject, QueryTransform, TransformsQuery } from '../rules/hooks'
import type { PipelineRequest } from './request'
import { isSQLWrapper, sql } from 'drizzle-orm'

/** One operation on one collection, as its hooks know it. */
export interface HookedOperation {
  collection: ServerCollection
  subject: HookSubject
  context: HookContext
}

export function hookedOperation(collection: ServerCollection, subject: HookSubject, { event }: PipelineRequest, query: Record<string, unknown>, key?: string): HookedOperation {
  const { name } = collection
  return { collection, subject, context: { event, collection: name, params: key === undefined ? { collection: name } : { collection: name, key }, query, meta: {} } }
}

/** In turn; the first that throws ends the operation. What they add to the query narrows `scope`; gives what they leave of the body. */
export async function runBefore({ collection, subject, context }: HookedOperation, { rules }: PipelineRequest, scope: Pick<Scope, 'conditions' | 'extras'>, body?: Row): Promise<Row | undefined> {
  const { transformQuery, end } = transformer(collection, scope)
  const payload = { ...context, ...body && { body }, ...subject !== 'index.post' && { transformQuery } }
  await runAll(rules.hooksOf(collection, `${subject}.before`), payload)
  end()
  return payload.body
}

export function hasAfter({ collection, subject }: Pick<HookedOperation, 'collection' | 'subject'>, { rules }: PipelineRequest): boolean {
  return rules.hooksOf(collection, `${subject}.after`).length > 0
}

/** Gives what the hooks leave of the result, or set in its place. */
export async function runAfter<Result>({ collection, subject, context }: HookedOperation, { rules }: PipelineRequest, result: Result, body?: Row): Promise<Result> {
  const payload = {
    ...context,
    ...body && { body },
    result,
    setResult(given: Result) {
      payload.result = given
    },
  }
  await runAll(rules.hooksOf(collection, `${subject}.after`), payload)
  return payload.result
}

async function runAll(hooks: readonly Hook[], payload: object): Promise<void> {
  for (const hook of hooks)
    await hook(payload as never)
}

function transformer(collection: ServerCollection, scope: Pick<Scope, 'conditions' | 'extras'>): TransformsQuery & { end: () => void } {
  let ended = false
  // What comes too late would be left out, and let through what it was to keep out.
  const inTime = () => {
    if (ended)
      throw new TypeError(`A hook of "${collection.name}" transforms the query after it has ended: it must await what it waits for.`)
  }
  const query: QueryTransform = {
    where(condition) {
      inTime()
      // Drizzle's `and()` of nothing is nothing, and a rule that comes to nothing must not let everything through.
      if (!isSQLWrapper(condition))
        throw new TypeError(`A hook of "${collection.name}" calls transformQuery's where() with ${String(condition)}; it takes an SQL condition.`)
      // SQL that somebody wrote may hold an OR.
      scope.conditions.push(sql`(${condition})`)
      return query
    },
    extras(given) {
      inTime()
      const extras: Extras = typeof given === 'function' ? given(sources(collection)) : given
      for (const [name, value] of Object.entries(extras)) {
        if (Object.hasOwn(collection.model.columns, name) || Object.hasOwn(collection.model.relations, name))
          throw new TypeError(`A hook of "${collection.name}" adds "${name}", which is the name of a column or relation.`)
        scope.extras[name] = 'sql' in value ? value.sql as SQL : value
      }
      return query
    },
  }
  return {
    end: () => void (ended = true),
    transformQuery(transform) {
      inTime()
      const result: unknown = transform(query)
      if (result instanceof Promise) {
        result.catch(() => {})
        throw new TypeError(`A hook of "${collection.name}" calls transformQuery with an async function: what that adds after an await would be left out.`)
      }
    },
  }
}

function sources({ fields }: ServerCollection): Record<string, SQL> {
  return Object.fromEntries(Object.entries(fields).map(([name, { source }]) => [name, source as SQL]))
}
