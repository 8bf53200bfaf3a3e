import type { Row } from '../../shared/model'
import type { FormIssue, SchemaResult, StandardSchema } from '../form-types'
import type { CheckedForm } from './schema'
import { decodeValue } from '../../shared/decode'
import { RstoreError } from '../../shared/errors'

/* Loaded apart, with the first form. */

/** Checks the values of all fields as the server will. Gives them decoded, or what is wrong with each. */
export function checkFields(given: unknown, { model, fields, isUpdate, resolve, isExempt }: CheckedForm): SchemaResult<Row> {
  // A form is a function to `typeof`.
  if (Object(given) !== given)
    return { issues: [{ message: 'Must be given as an object.' }] }
  const issues: FormIssue[] = []
  const value: Row = {}
  for (const field of fields) {
    const column = model.columns[field]!
    const wanted = resolve(field, (given as Row)[field])
    value[field] = wanted
    if (isExempt(field, wanted))
      continue
    if (wanted === undefined && !isUpdate) {
      if (!column.nullable && !column.hasDefault)
        issues.push({ path: [field], message: 'Must be given.' })
    }
    else if (wanted == null) {
      if (!column.nullable)
        issues.push({ path: [field], message: isUpdate ? 'Must be given.' : 'Must not be null.' })
    }
    else {
      try {
        value[field] = decodeValue(wanted, column, field, model.name)
      }
      catch (error) {
        issues.push({ path: [field], message: problemOf(error as Error, field) })
      }
    }
  }
  return issues.length > 0 ? { issues } : { value }
}

/**
 * The values, with what the schema has made of them.
 * @throws RstoreError RSTORE_INVALID_FORM with the `issues` in its data
 */
export async function validate(schema: StandardSchema, values: Row, collection: string): Promise<Row> {
  const result = await schema['~standard'].validate(values)
  if (!result.issues)
    return { ...values, ...result.value as object }
  const { issues } = result
  const [first] = issues
  const path = first?.path?.map(part => String(typeof part === 'object' ? part.key : part)) ?? []
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  throw new RstoreError('RSTORE_INVALID_FORM', `The form for "${collection}" can't be sent: ${[path.join('.'), first?.message].filter(Boolean).join(': ')}${more}`, { field: path[0], collection, data: { issues } })
}

/** The message without the name of the field, which stands beside it. */
function problemOf({ message }: Error, field: string): string {
  const problem = message.slice(field.length + 3)
  return problem.charAt(0).toUpperCase() + problem.slice(1)
}
