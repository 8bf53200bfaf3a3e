import { expect, it } from 'vitest'
import { driverError } from '../../../../../src/runtime/server/dialects/error-chain'
import { failureOf, isConflict } from '../../../../../src/runtime/server/dialects/postgresql-errors'

const error = (code: string, rest: object = {}) => Object.assign(new Error('refused'), { code, ...rest })

it.each([
  ['23505', { detail: 'Key (email)=(a@b.c) already exists.' }, { code: 'RSTORE_DUPLICATE', columns: ['email'] }],
  ['23505', { detail: 'Key (list_id, "Position")=(a, 1) already exists.' }, { code: 'RSTORE_DUPLICATE', columns: ['list_id', 'Position'] }],
  ['23505', { detail: 'Key (lower(email))=(a) already exists.' }, { code: 'RSTORE_DUPLICATE', columns: undefined }],
  ['23505', { detail: 'Schlüssel (email)=(a) existiert bereits.' }, { code: 'RSTORE_DUPLICATE', columns: ['email'] }],
  ['23502', { column: 'title' }, { code: 'RSTORE_CONSTRAINT', columns: ['title'] }],
  ['23502', { column_name: 'title' }, { code: 'RSTORE_CONSTRAINT', columns: ['title'] }],
  ['23503', { detail: 'Key (list_id)=(x) is not present in table "lists".' }, { code: 'RSTORE_CONSTRAINT', columns: ['list_id'] }],
  ['23514', {}, { code: 'RSTORE_CONSTRAINT', columns: undefined }],
  ['P0001', {}, { code: 'RSTORE_CONSTRAINT', columns: undefined }],
  ['22P02', {}, { code: 'RSTORE_INVALID_VALUE', columns: undefined }],
  ['08P01', {}, { code: 'RSTORE_INVALID_VALUE', columns: undefined }],
  ['40001', {}, { code: 'RSTORE_BUSY' }],
  ['40P01', {}, { code: 'RSTORE_BUSY' }],
  ['54001', {}, { code: 'RSTORE_LIMIT_EXCEEDED' }],
  ['42P01', {}, undefined],
  ['ECONNREFUSED', {}, undefined],
])('%s with %j', (code, rest, failure) => {
  expect(failureOf(new Error('Failed query', { cause: error(code, rest) }))).toEqual(failure)
})

it('is found where the driver names the statement in its own error, as PGlite does', () => {
  const refused = error('23514', { query: 'insert …', params: ['secret'] })
  const wrapped = Object.assign(new Error('Failed query: insert … params: secret', { cause: refused }), { query: 'insert …', params: ['secret'] })
  expect(failureOf(wrapped)).toMatchObject({ code: 'RSTORE_CONSTRAINT' })
  expect(driverError(wrapped)).toBe(refused)
})

it('is found where PGlite refuses a parameter itself', () => {
  expect(failureOf(new Error('Failed query', { cause: new Error('Invalid input for boolean type') }))).toEqual({ code: 'RSTORE_INVALID_VALUE' })
  expect(failureOf(new Error('Invalid input for boolean type, they said'))).toBeUndefined()
})

it('is run again where transactions were in each other\'s way', () => {
  expect(['40001', '40P01', '23505'].map(code => isConflict(error(code)))).toEqual([true, true, false])
})
