import type { Row } from '../shared/model'
import type { ViewWindow } from './window'

/**
 * Windows that the server was asked for by their offset show other rows once something has come or
 * gone before them. Which is known here; the windows ask again at the end of the batch.
 */
export class PageMoves {
  /** The change at hand is a guess: the server has yet to see it, so there is nothing to ask for. */
  isGuess = false
  private readonly windows = new Set<ViewWindow>()
  private readonly guessed = new Set<ViewWindow>()
  /** Windows whose rows only the server can tell. */
  private readonly watched = new Set<ViewWindow>()

  constructor(private readonly invalidate: (window: ViewWindow) => void, private readonly isPending: () => boolean) {}

  /** With mutations pending, the server may answer from before them while the cache is past them. */
  track(window: ViewWindow): void {
    this.windows.add(window)
    if (this.isPending())
      this.guessed.add(window)
  }

  watch(window: ViewWindow): void {
    this.watched.add(window)
  }

  forget(window: ViewWindow): void {
    this.watched.delete(window)
    this.windows.delete(window)
    this.guessed.delete(window)
  }

  /** Something has changed before the window. */
  move(window: ViewWindow): void {
    if (this.isGuess) {
      this.guessed.add(window)
      return
    }
    window.moved = true
    this.invalidate(window)
  }

  /** A change of a row that may have stood before any window; but for those whose view knows where it stood, by the row as it was. */
  moveAll(former?: Row): void {
    for (const window of this.windows) {
      if (!former || window.view.spec.required.some(field => former[field] === undefined))
        this.move(window)
    }
  }

  /** A row is not what the server answered from: any window it places may be another. */
  moveWatched(): void {
    for (const window of this.watched)
      this.move(window)
  }

  /** The server has answered a mutation. */
  settle(): void {
    for (const window of this.guessed)
      this.move(window)
    if (!this.isPending())
      this.guessed.clear()
  }
}
