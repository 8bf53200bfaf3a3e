import type { Row } from '../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { gt } from '../../src/runtime/shared/condition'
import { createStore } from '../../src/runtime/store/create-store'
import { forms } from '../../src/runtime/store/forms/forms'
import { gc } from '../../src/runtime/store/gc/gc'
import { count, heapUsed, margin } from './support/heap'
import { createWorld } from './support/visits'

describe('on the server', () => {
  it('1,000 renders leave nothing behind', async () => {
    const { server } = createWorld()
    const { schema, transport } = server
    const forRequests = { subscribed: 0 }
    await renderPages(300)
    const before = await count()
    const heapBefore = await heapUsed()
    await renderPages(1000)
    expect(await count()).toEqual(before)
    expect(await heapUsed() - heapBefore).toBeLessThan(margin)
    expect(forRequests.subscribed).toBe(0)

    async function renderPages(renders: number): Promise<void> {
      for (let i = 0; i < renders; i++) {
        const { html, state } = await renderPage(i % 20 + 1)
        expect(html).toContain(`List ${i % 20 + 1}:Todo`)
        expect(Object.keys(state)).toContain('todos')
        // The test's own notes are not what is measured.
        server.calls.length = 0
        server['cursors'].clear()
      }
    }

    /** A request: a store of its own, a page that reads with and without `await`, and what the payload takes. */
    async function renderPage(listId: number) {
      const store = createStore({ schema, transport, server: true, features: [forms, gc({ maxAge: 1000 })], subscribe: () => {
        forRequests.subscribed++
        return () => undefined
      } })
      const lists = store.$collection('lists')
      const todos = store.$collection('todos')
      const Counter = defineComponent({
        setup() {
          const { data } = todos.liveQuery(q => q.many({ where: gt('id', 50), limit: 5, offset: 2 }))
          return () => h('i', (data.value as Row[]).length)
        },
      })
      const Page = defineComponent({
        async setup() {
          const { data } = await lists.query(q => q.first({ key: listId, include: { owner: true, todos: { limit: 3, include: { tags: true, list: true } } } }))
          const [first] = await todos.findMany({ orderBy: ['title'], limit: 2, include: { user: true } })
          return () => h('p', [`${(data.value as Row).name}:${((data.value as Row).todos as Row[])[0]!.title}`, `${first!.title} ${todos.peekFirst(1)?.title}`, h(Counter)])
        },
      })
      return { html: await renderToString(createSSRApp(Page)), state: JSON.parse(JSON.stringify(store.$cache.getState())) as object }
    }
  })
})
