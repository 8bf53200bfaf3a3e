import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Overlay, Patch } from './overlay'
import type { PageMoves } from './page-moves'
import type { RowFactory } from './row'
import { fold, replaceValue } from './overlay'

/** What pending mutations need of their collection. */
export interface PendingHost {
  readonly rows: ReadonlyMap<Key, Row>
  readonly createRow: RowFactory
  readonly moves: PageMoves
  put: (key: Key, row: Row | undefined) => void
  batch: <T>(change: () => T) => T
}

/** The rows of a collection with pending mutations. */
export class PendingRows {
  readonly overlays = new Map<Key, Overlay>()

  constructor(private readonly host: PendingHost) {}

  /** Shows a mutation before the server has answered it. */
  add(key: Key, patch: Patch): void {
    const { host, overlays } = this
    const overlay = overlays.get(key) ?? { base: host.rows.get(key), patches: [] }
    overlay.patches.push(patch)
    overlays.set(key, overlay)
    host.batch(() => {
      host.moves.isGuess = true
      host.put(key, fold(overlay, host.createRow))
      host.moves.isGuess = false
    })
  }

  /** Takes a patch back: the server has refused it, or has answered with the row that replaces it. */
  remove(key: Key, patch: Patch): void {
    const { host, overlays } = this
    const overlay = overlays.get(key)
    if (!overlay)
      return
    overlay.patches = overlay.patches.filter(other => other !== patch)
    if (overlay.patches.length === 0)
      overlays.delete(key)
    host.batch(() => {
      host.moves.settle()
      host.put(key, fold(overlay, host.createRow))
    })
  }

  /** The server has given a row its key: what is pending under the temporary one goes with it. */
  move(from: Key, to: Key): void {
    const overlay = this.overlays.get(from)
    if (!overlay)
      return
    this.overlays.delete(from)
    this.host.put(from, undefined)
    for (const patch of overlay.patches)
      this.add(to, patch)
  }

  /** Puts another value in place of one that pending rows hold. */
  replaceValue(field: string, from: unknown, to: unknown): void {
    this.host.batch(() => {
      for (const [key, overlay] of this.overlays) {
        if (replaceValue(overlay, field, String(from), to))
          this.host.put(key, fold(overlay, this.host.createRow))
      }
    })
  }
}
