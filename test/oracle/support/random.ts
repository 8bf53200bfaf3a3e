/** Random choices that one number determines, so that a failure can be run again. */
export interface Random {
  /** A whole number from 0 to below `limit`. */
  below: (limit: number) => number
  chance: (probability: number) => boolean
  pick: <T>(values: readonly T[]) => T
  /** Between `min` and `max` results of `make`. */
  some: <T>(min: number, max: number, make: () => T) => T[]
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6D2B79F5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: probability => next() < probability,
    pick: values => values[below(values.length)]!,
    some: (min, max, make) => Array.from({ length: min + below(max - min + 1) }, make),
  }
}
