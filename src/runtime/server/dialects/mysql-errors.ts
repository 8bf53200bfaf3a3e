import type { DatabaseFailure } from './types'
import { errorChain } from './error-chain'

/** By the numbers that MySQL and MariaDB give their errors. Columns are only named in messages. */
export function failureOf(error: unknown): DatabaseFailure | undefined {
  for (const link of errorChain(error)) {
    const { errno, message } = link as { errno?: unknown, message: string }
    if (typeof errno !== 'number')
      continue
    const code = codes[errno]
    if (code)
      return { code, columns: columnsIn(message, errno) }
  }
  return undefined
}

/** The database rolled the transaction back for others' sake: it may be run again at once. */
export function isConflict(error: unknown): boolean {
  // A deadlock, and MariaDB's word for a row that changed under the snapshot of the transaction.
  return errorChain(error).some(link => [1213, 1020].includes((link as { errno?: number }).errno!))
}

const codes: Record<number, DatabaseFailure['code']> = {
  // Duplicate entry.
  1062: 'RSTORE_DUPLICATE', 1586: 'RSTORE_DUPLICATE', 1859: 'RSTORE_DUPLICATE',
  // NULL or no value where one is needed; foreign keys, from either side; CHECK in MySQL and in MariaDB; SIGNAL of a trigger.
  1048: 'RSTORE_CONSTRAINT', 1364: 'RSTORE_CONSTRAINT', 1216: 'RSTORE_CONSTRAINT', 1217: 'RSTORE_CONSTRAINT', 1451: 'RSTORE_CONSTRAINT', 1452: 'RSTORE_CONSTRAINT',
  3819: 'RSTORE_CONSTRAINT', 4025: 'RSTORE_CONSTRAINT', 1644: 'RSTORE_CONSTRAINT',
  // Out of range, truncated, incorrect, too long, not in the enum, no JSON.
  1264: 'RSTORE_INVALID_VALUE', 1265: 'RSTORE_INVALID_VALUE', 1292: 'RSTORE_INVALID_VALUE', 1366: 'RSTORE_INVALID_VALUE', 1406: 'RSTORE_INVALID_VALUE',
  1525: 'RSTORE_INVALID_VALUE', 1690: 'RSTORE_INVALID_VALUE', 3140: 'RSTORE_INVALID_VALUE', 3156: 'RSTORE_INVALID_VALUE',
  // Lock wait timeout, deadlock, record changed, too many connections, shutting down.
  1205: 'RSTORE_BUSY', 1213: 'RSTORE_BUSY', 1020: 'RSTORE_BUSY', 1040: 'RSTORE_BUSY', 1203: 'RSTORE_BUSY', 1053: 'RSTORE_BUSY',
  // Packet too large, expression too deep.
  1153: 'RSTORE_LIMIT_EXCEEDED', 1436: 'RSTORE_LIMIT_EXCEEDED', 4079: 'RSTORE_LIMIT_EXCEEDED',
}

function columnsIn(message: string, errno: number): string[] | undefined {
  // The parent of a foreign key is refused because of a column of another table.
  if (errno === 1451 || errno === 1217)
    return undefined
  const foreignKey = /FOREIGN KEY \(([^)]+)\)/.exec(message)?.[1]
  if (foreignKey)
    return foreignKey.split(', ').map(name => name.replaceAll('`', ''))
  if (errno === 1062)
    return keyColumns(/for key '([^']+)'$/.exec(message)?.[1])
  const name = /(?:column|field) (?:'([^']+)'|`([^`]+)`(?:\.`([^`]+)`)?(?:\.`([^`]+)`)?)/i.exec(message)
  const column = name?.slice(1).findLast(part => part !== undefined)
  return column === undefined ? undefined : [column]
}

/** Only the key is named, in MySQL with its table: `users.users_email_unique`. Drizzle names those of one column like this. */
function keyColumns(key: string | undefined): string[] | undefined {
  const [table, name] = key?.includes('.') ? key.split('.') as [string, string] : [undefined, key]
  if (name === undefined || name === 'PRIMARY')
    return undefined
  const bare = name.replace(/_unique$/, '')
  return [name, bare, table && bare.startsWith(`${table}_`) ? bare.slice(table.length + 1) : bare.slice(bare.indexOf('_') + 1)]
}
