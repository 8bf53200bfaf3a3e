import type { ServerCollection } from '../registry'
import { columnOf } from '../../shared/column-of'

/**
 * Fields to answer, in the order of the model: those wanted, which are all without a wish, and those that
 * the client can't do without.
 * @throws RstoreError RSTORE_UNKNOWN_COLUMN
 */
export function answerFields(wanted: readonly string[] | undefined, { model, visible, required }: ServerCollection, needed: readonly string[]): string[] {
  if (!wanted)
    return visible
  for (const field of wanted)
    columnOf(model, field)
  const fields = new Set([...wanted, ...required, ...needed])
  return visible.filter(field => fields.has(field))
}
