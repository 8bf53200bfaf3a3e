import type { Key } from '../shared/key'

/** Mutations of one row reach the server in the order they were made: the last of each that is under way. */
export class MutationOrder {
  private readonly mutations = new Map<Key, Promise<unknown>>()

  last(key: Key): Promise<unknown> | undefined {
    return this.mutations.get(key)
  }

  add(key: Key, mutation: Promise<unknown>): void {
    this.mutations.set(key, mutation)
    const forget = () => {
      if (this.last(key) === mutation)
        this.mutations.delete(key)
    }
    mutation.then(forget, forget)
  }
}
