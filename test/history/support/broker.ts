import type { RstoreDrizzlePubSub } from '../../../src/runtime/realtime/pubsub'
import type { Random } from '../../oracle/support/random'
import type { PubSubs } from './in-process'
import { createMemoryPubSub } from '../../../src/runtime/realtime/pubsub'

interface Member {
  local: RstoreDrizzlePubSub
  /** What it has to publish once its connection is back; nothing where there is a connection. */
  waiting?: (() => void)[]
  /** When the last message that was sent to it arrives, by who has sent it. */
  arrival: Map<Member, number>
  gaps: Set<() => void>
}

/**
 * What the interface asks of a backend without a log, and no more: messages take their time, those of one publisher keep their order,
 * and what is sent to a server while its connection is lost is lost, too.
 */
export function createBroker(random: Random): PubSubs {
  const members = new Map<number, Member>()
  let busy = 0

  function send(from: Member, payload: object): void {
    const text = JSON.stringify(payload, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value)
    for (const to of members.values()) {
      if (to === from || to.waiting)
        continue
      const at = Math.max(to.arrival.get(from) ?? 0, Date.now() + random.below(4))
      to.arrival.set(from, at)
      busy++
      setTimeout(() => {
        busy--
        if (!to.waiting)
          void to.local.publish('update', JSON.parse(text) as never)
      }, at - Date.now())
    }
  }

  function connect(member: Member): void {
    const { waiting = [] } = member
    member.waiting = undefined
    waiting.forEach(publish => publish())
    member.gaps.forEach(told => told())
  }

  return {
    async connect(server) {
      const member: Member = { local: createMemoryPubSub(), waiting: [], arrival: new Map(), gaps: new Set() }
      members.set(server, member)
      setTimeout(() => connect(member), random.below(4))
      return {
        subscribe: member.local.subscribe,
        publish(_, payload) {
          void member.local.publish('update', payload)
          if (member.waiting)
            member.waiting.push(() => send(member, payload))
          else
            send(member, payload)
        },
        onGap(callback) {
          member.gaps.add(callback)
          if (!member.waiting)
            queueMicrotask(callback)
          return () => member.gaps.delete(callback)
        },
        dispose() {
          if (members.get(server) === member)
            members.delete(server)
        },
      }
    },
    async cut(server, milliseconds) {
      const member = members.get(server)
      if (!member || member.waiting)
        return
      member.waiting = []
      await new Promise(resolve => setTimeout(resolve, milliseconds))
      connect(member)
    },
    async connected() {
      while (busy > 0 || [...members.values()].some(({ waiting }) => waiting))
        await new Promise(resolve => setTimeout(resolve, 1))
    },
  }
}
