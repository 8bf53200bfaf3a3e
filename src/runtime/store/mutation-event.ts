import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Patch } from './overlay'

/** A mutation has been made; whether it holds is not known yet. */
export interface MutationEvent {
  collection: string
  kind: Patch['kind']
  /** A temporary one may have become another since. Absent where the server has yet to say it. */
  key: Key | undefined
  /** The fields that it writes. */
  item: Row
  /** The row as it was shown before, with the columns that are loaded. */
  before: Row | undefined
  /** The same object for mutations that are one step. */
  group: object
  /** The row as the server has written it, or as it was when it was deleted. Rejects where the mutation is taken back. */
  done: Promise<Row>
}
