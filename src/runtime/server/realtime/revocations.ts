/** Whom to ask anew who they are, and since when. */
interface Revocation { position: number, match: (session: unknown) => boolean }

/** More than that, and it counts for all. */
const maxKept = 100

/** Sessions that have changed: whoever has read as one of them before may have read other rows. */
export class Revocations {
  private kept: Revocation[] = []
  private floor = 0

  add(revocation: Revocation): void {
    this.kept.push(revocation)
    if (this.kept.length > maxKept)
      this.floor = this.kept.shift()!.position
  }

  /** Whether what was read at a place in the feed may no longer hold for a session; nobody knows where another process was read from. */
  async concern(session: () => Promise<unknown>, position = -1): Promise<boolean> {
    if (position >= 0 && position < this.floor)
      return true
    const later = this.kept.filter(one => one.position > position)
    if (later.length === 0)
      return false
    const own = await session()
    return later.some(({ match }) => match(own))
  }
}
