import type { Dialect } from '../../shared/model'
import type { SqlDialect } from './types'
import { createMysqlDialect } from './mysql'
import { createPostgresqlDialect } from './postgresql'
import { createSqliteDialect } from './sqlite'

const dialects: Record<Dialect, () => SqlDialect> = { sqlite: createSqliteDialect, postgresql: createPostgresqlDialect, mysql: createMysqlDialect }

export function createDialect(name: Dialect): SqlDialect {
  return dialects[name]()
}
