/** Lets through so many a second on average, and twice as many at once. */
export function createRateLimit(perSecond: number, now: () => number): () => boolean {
  let tokens = perSecond * 2
  let at = now()
  return () => {
    const time = now()
    tokens = Math.min(perSecond * 2, tokens + (time - at) / 1000 * perSecond)
    at = time
    return tokens-- >= 1
  }
}
