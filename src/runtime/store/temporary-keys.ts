import type { CollectionModel } from '../shared/model'
import type { Key } from '../shared/key'

/**
 * Keys of rows that the server will number: negative integers, or `tmp:` and random text. Once the
 * server has answered, the real key takes over; who still holds the temporary one is led to it.
 */
export class TemporaryKeys {
  private readonly settled = new Map<Key, Key>()
  private readonly waiting = new Map<Key, Promise<Key>>()
  // Tabs that share a cache must not meet: each counts down within a random block of its own.
  private next = -Math.floor(1 + Math.random() * 2 ** 40) * 2 ** 12

  constructor(private readonly model: CollectionModel) {}

  create(): Key {
    return this.isNumeric ? this.next-- : `tmp:${crypto.randomUUID()}`
  }

  get isNumeric(): boolean {
    return this.model.columns[this.model.primaryKey[0]!]!.type === 'number'
  }

  /** The server is asked for the real key. A create that fails stays, to fail what depends on it. */
  track(key: Key, real: Promise<Key>): void {
    keep(this.waiting, key, real)
    real.then((value) => {
      this.waiting.delete(key)
      keep(this.settled, key, value)
    }, () => undefined)
  }

  /** The key to use now. */
  resolve(key: Key): Key {
    return this.settled.get(key) ?? key
  }

  /** The real key, once it is known. Rejects with the error of the create where that fails. */
  settle(key: Key): Key | Promise<Key> {
    return this.settled.get(key) ?? this.waiting.get(key) ?? key
  }
}

const mostKept = 10_000

function keep<V>(map: Map<Key, V>, key: Key, value: V): void {
  map.set(key, value)
  if (map.size > mostKept)
    map.delete(map.keys().next().value!)
}
