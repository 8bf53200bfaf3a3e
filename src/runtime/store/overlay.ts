import type { Row } from '../shared/model'
import type { CreateRow } from './row'

/** One pending mutation of one row. */
export interface Patch {
  kind: 'create' | 'update' | 'delete'
  values: Row
}

/**
 * What is pending on one row: the row as the server last gave it, and the patches over it in order.
 * Only changed fields are kept, so a change of another field by somebody else shows through.
 */
export interface Overlay {
  base: Row | undefined
  patches: Patch[]
}

/** Puts another value in place of one that a patch holds. Gives whether any did. */
export function replaceValue({ patches }: Overlay, field: string, from: string, to: unknown): boolean {
  const concerned = patches.filter(({ values }) => values[field] != null && String(values[field]) === from)
  for (const patch of concerned)
    patch.values = { ...patch.values, [field]: to }
  return concerned.length > 0
}

/** The row as the app sees it. */
export function fold({ base, patches }: Overlay, createRow: CreateRow): Row | undefined {
  if (patches.length === 0)
    return base
  let row = base
  let changed: Row | undefined
  for (const { kind, values } of patches) {
    if (kind === 'delete') {
      row = undefined
      changed = undefined
    }
    else if (kind === 'create') {
      // The server's row is there already when its change arrives before the answer.
      row ??= values
    }
    else if (row) {
      changed = { ...changed, ...values }
    }
  }
  return row && createRow(row, changed)
}
