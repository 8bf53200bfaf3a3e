import { describe, expect, it } from 'vitest'
import { failureOf, isConflict } from '../../../../../src/runtime/server/dialects/mysql-errors'

const error = (errno: number, message: string) => new Error('Failed query', { cause: Object.assign(new Error(message), { errno }) })

// As MySQL 8 and MariaDB word them; only MariaDB is there in the tests with a real server.
describe('what MySQL and MariaDB refuse', () => {
  it.each([
    [1062, 'Duplicate entry \'A\' for key \'lists.lists_name_unique\'', 'RSTORE_DUPLICATE', 'name'],
    [1062, 'Duplicate entry \'A\' for key \'lists_name_unique\'', 'RSTORE_DUPLICATE', 'name'],
    [1062, 'Duplicate entry \'A\' for key \'email\'', 'RSTORE_DUPLICATE', 'email'],
    [1062, 'Duplicate entry \'1\' for key \'lists.PRIMARY\'', 'RSTORE_DUPLICATE', undefined],
    [1048, 'Column \'title\' cannot be null', 'RSTORE_CONSTRAINT', 'title'],
    [1364, 'Field \'title\' doesn\'t have a default value', 'RSTORE_CONSTRAINT', 'title'],
    [1452, 'Cannot add or update a child row: a foreign key constraint fails (`app`.`todos`, CONSTRAINT `todos_ibfk_1` FOREIGN KEY (`list_id`) REFERENCES `lists` (`id`))', 'RSTORE_CONSTRAINT', 'list_id'],
    [1451, 'Cannot delete or update a parent row: a foreign key constraint fails (`app`.`todos`, CONSTRAINT `todos_ibfk_1` FOREIGN KEY (`list_id`) REFERENCES `lists` (`id`))', 'RSTORE_CONSTRAINT', undefined],
    [3819, 'Check constraint \'priority_range\' is violated.', 'RSTORE_CONSTRAINT', undefined],
    [4025, 'CONSTRAINT `priority_range` failed for `app`.`todos`', 'RSTORE_CONSTRAINT', undefined],
    [1644, 'No.', 'RSTORE_CONSTRAINT', undefined],
    [1406, 'Data too long for column \'title\' at row 1', 'RSTORE_INVALID_VALUE', 'title'],
    [1264, 'Out of range value for column \'small\' at row 1', 'RSTORE_INVALID_VALUE', 'small'],
    [1366, 'Incorrect integer value: \'x\' for column `app`.`kinds`.`small` at row 1', 'RSTORE_INVALID_VALUE', 'small'],
    [1213, 'Deadlock found when trying to get lock; try restarting transaction', 'RSTORE_BUSY', undefined],
    [1205, 'Lock wait timeout exceeded; try restarting transaction', 'RSTORE_BUSY', undefined],
    [1153, 'Got a packet bigger than \'max_allowed_packet\' bytes', 'RSTORE_LIMIT_EXCEEDED', undefined],
  ])('%i %s: %s of %s', (errno, message, code, column) => {
    const failure = failureOf(error(errno, message))
    expect(failure?.code).toBe(code)
    expect(column === undefined ? failure?.columns : failure?.columns?.includes(column)).toBe(column === undefined ? undefined : true)
  })

  it('is nothing else', () => {
    expect(failureOf(error(1146, 'Table \'app.todos\' doesn\'t exist'))).toBeUndefined()
    expect(failureOf(new Error('Duplicate entry'))).toBeUndefined()
  })

  it('is run again after a deadlock, not after a lock that was waited for', () => {
    expect([1213, 1020, 1205, 1062].map(errno => isConflict(error(errno, '')))).toEqual([true, true, false, false])
  })
})
