/** Updates that are told in one go. Connections that are told the same share it, so that it is put together once. */
export class Frame {
  private readonly longer = new Map<string, Frame>()
  private text: string | undefined

  constructor(private readonly shorter?: Frame, private readonly last = '') {}

  /** With one more update, given as JSON. */
  with(update: string): Frame {
    let frame = this.longer.get(update)
    if (!frame)
      this.longer.set(update, frame = new Frame(this, update))
    return frame
  }

  get updates(): string[] {
    const updates = this.shorter ? [this.last] : []
    for (let frame = this.shorter; frame?.shorter; frame = frame.shorter)
      updates.push(frame.last)
    return updates.reverse()
  }

  /** As one text. `offset` is the same each time, or absent. */
  render(offset?: string): string {
    if (offset === undefined)
      return `{"updates":[${this.updates.join(',')}]}`
    return this.text ??= `{"updates":[${this.updates.join(',')}],"offset":${JSON.stringify(offset)}}`
  }
}
