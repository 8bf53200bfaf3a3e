import type { Dialect } from '../../shared/model'
import type { SqlDialect } from './types'
import { createSqliteDialect } from './sqlite'

/** @throws Error at server start where the dialect is not supported */
export function createDialect(name: Dialect): SqlDialect {
  if (name !== 'sqlite')
    throw new Error(`The REST API does not support ${name} yet.`)
  return createSqliteDialect()
}
