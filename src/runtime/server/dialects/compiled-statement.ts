import type { QueryWithTypings } from 'drizzle-orm'
import { is, Param, Placeholder, SQL } from 'drizzle-orm'

/** Text of a statement, and how its parameters come of the values of its placeholders. */
export interface CompiledStatement { text: string, parameters: ((values: readonly unknown[]) => unknown)[] }

/** Takes what `toSQL()` gives for a statement whose placeholders are named by the index of their value. */
export function compileStatement({ sql: text, params }: { sql: string, params: readonly unknown[] }): CompiledStatement {
  return { text, parameters: params.map(parameterOf) }
}

/** The statement with values: runs on any handle of the instance it was compiled for. */
export function withValues({ text, parameters }: CompiledStatement, values: readonly unknown[]): SQL {
  return new FinishedStatement({ sql: text, params: parameters.map(parameter => parameter(values)) })
}

/** A statement that Drizzle has nothing left to do for but to run it. */
class FinishedStatement extends SQL {
  constructor(readonly query: QueryWithTypings) {
    super([])
  }

  override toQuery(): QueryWithTypings {
    return this.query
  }
}

function parameterOf(parameter: unknown): CompiledStatement['parameters'][number] {
  if (is(parameter, Placeholder)) {
    const index = Number(parameter.name)
    return values => values[index]
  }
  if (is(parameter, Param) && is(parameter.value, Placeholder)) {
    const { encoder, value: { name } } = parameter
    const index = Number(name)
    return values => values[index] === null ? null : encoder.mapToDriverValue(values[index])
  }
  return () => parameter
}
