import type { PostgresClient } from './postgres-connection'
import type { Link, LinkEvents } from './relay'
import { connectPostgres } from './postgres-connection'

/** Messages as notifications, which keeps nothing. */
export function connectNotify(create: () => PostgresClient, channel: string, events: LinkEvents): Link {
  const { query, close } = connectPostgres({ create, channel, createListener }, events)
  return {
    // All channels are on one of PostgreSQL's, which each connection listens to.
    subscribe: () => {},
    unsubscribe: () => {},
    publish: (name, message) => query(
      'select pg_notify($1, part) from unnest($2::text[]) with ordinality as parts (part, place) order by place',
      [channel, split(`${encodeURIComponent(name)} ${toAscii(message)}`)],
    ),
    close,
  }

  function createListener(): (payload: string) => void {
    const join = createJoin()
    return (payload) => {
      try {
        const text = join(payload)
        const space = text?.indexOf(' ') ?? -1
        if (space >= 0)
          events.message(decodeURIComponent(text!.slice(0, space)), text!.slice(space + 1))
      }
      catch (error) {
        events.failed(error, 'message')
      }
    }
  }
}

/** A notification has less than 8000 bytes. The number at the front also keeps equal parts apart, of which PostgreSQL would drop all but one. */
function split(text: string): string[] {
  const parts = text.match(/[\s\S]{1,7900}/g)!
  return parts.map((part, i) => `${i}${i === parts.length - 1 ? '.' : '+'}${part}`)
}

/** Takes parts as they come, and gives the text with the last one. Parts of two messages never mix: each is one transaction. */
function createJoin(): (part: string) => string | undefined {
  let parts: string[] = []
  return (part) => {
    const [, index, more] = /^(\d+)([.+])/.exec(part) ?? []
    if (index === '0')
      parts = []
    // Not of this package, or of a message whose start was missed.
    if (Number(index) !== parts.length || parts.length >= maxParts) {
      parts = []
      return undefined
    }
    parts.push(part.slice(index!.length + 1))
    return more === '.' ? parts.splice(0).join('') : undefined
  }
}

/** More than fit into what may wait to be published, escaped. */
const maxParts = 2 ** 14

/** The same JSON with as many bytes as characters. */
function toAscii(json: string): string {
  return json.replace(/[\u0080-\uFFFF]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
