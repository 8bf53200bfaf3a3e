import type { CollectionModel } from '../shared/model'
import type { Key } from '../shared/key'
import { shallowRef } from 'vue'
import { randomId } from '../shared/random-id'

/**
 * Keys of rows that the server has yet to number: negative integers, or `tmp:` and random text. Once
 * the server has answered, the real key takes over; who still holds the temporary one is led to it.
 */
export class TemporaryKeys {
  private readonly settled = new Map<Key, Key>()
  private readonly waiting = new Map<Key, Creation>()
  /** Raised when a key has settled, for queries that name it. */
  private readonly version = shallowRef(0)
  // Tabs that share a cache must not meet: each counts down within a random block of its own.
  private next = -Math.floor(1 + Math.random() * 2 ** 40) * 2 ** 12

  constructor(private readonly model: CollectionModel) {}

  /** A value for the primary key. `undefined` where no value of its type can stand for none. */
  create(): unknown {
    const { type, order } = this.model.columns[this.model.primaryKey[0]!]!
    switch (type) {
      case 'number': return this.next--
      case 'bigint': return BigInt(this.next--)
      case 'string': return order === 'numeric' ? String(this.next--) : `tmp:${randomId()}`
      default: return undefined
    }
  }

  /**
   * A create is under way, perhaps in a transaction. What depends on a row without a key fails with it, later
   * too.
   */
  track(key: Key, real: Promise<Key>, isTemporary: boolean, transaction?: object): void {
    const creation = { real, isTemporary, transaction }
    keep(this.waiting, key, creation)
    const forget = () => {
      if (this.waiting.get(key) === creation)
        this.waiting.delete(key)
    }
    real.then(forget, isTemporary ? () => undefined : forget)
  }

  /** The server has said what the key is. */
  confirm(key: Key, real: Key): void {
    keep(this.settled, key, real)
    this.version.value++
  }

  isWaiting(key: Key): boolean {
    return this.waiting.has(key)
  }

  /** The server knows no row by this key, and never will. */
  isTemporary(key: Key): boolean {
    return this.waiting.get(key)?.isTemporary ?? false
  }

  /** The key to use now. Tracked, where it may change. */
  resolve(key: Key): Key {
    if (this.waiting.has(key))
      void this.version.value
    return this.settled.get(key) ?? key
  }

  /**
   * The real key, once it is known; within the transaction that creates the row, the temporary one. Rejects
   * with the error of the create where that fails.
   */
  settle(key: Key, transaction?: object): Key | Promise<Key> {
    const creation = this.waiting.get(key)
    return this.settled.get(key) ?? (creation && !(transaction && creation.transaction === transaction) ? creation.real : key)
  }
}

interface Creation {
  real: Promise<Key>
  isTemporary: boolean
  transaction: object | undefined
}

const mostKept = 10_000

function keep<V>(map: Map<Key, V>, key: Key, value: V): void {
  map.set(key, value)
  if (map.size > mostKept)
    map.delete(map.keys().next().value!)
}
