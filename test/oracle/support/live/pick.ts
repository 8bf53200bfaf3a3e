/** One of them, by any number. */
export function pick<T>(from: readonly T[], i: number): T | undefined {
  return from[i % Math.max(from.length, 1)]
}
