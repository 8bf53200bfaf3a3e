import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { setup, todo } from './support/store'

function page() {
  const test = setup({ server: true })
  test.server.put('todos', todo(1), todo(2), todo(3))
  return test
}

const titles = (rows: unknown) => h('p', (rows as Row[]).map(row => row.title).join())

describe('on the server', () => {
  it('a query that is awaited is rendered with its rows', async () => {
    const { todos } = page()
    const Todos = defineComponent({
      async setup() {
        const { data } = await todos.query(q => q.many({ limit: 2 }))
        return () => titles(data.value)
      },
    })
    expect(await renderToString(createSSRApp(Todos))).toBe('<p>Todo 1,Todo 2</p>')
  })

  it('so is one that is not', async () => {
    const { server, todos } = page()
    const Todos = defineComponent({
      setup() {
        const { data } = todos.query()
        return () => titles(data.value)
      },
    })
    expect(await renderToString(createSSRApp(Todos))).toBe('<p>Todo 1,Todo 2,Todo 3</p>')
    expect(server.calls).toHaveLength(1)
  })

  it('one that fails shows its error and breaks nothing', async () => {
    const { server, todos } = page()
    server.refuse = () => new RstoreError('RSTORE_REJECTED', 'Not yours.')
    const Todos = defineComponent({
      async setup() {
        const { data, error } = await todos.query()
        return () => [titles(data.value), h('i', error.value?.message)]
      },
    })
    expect(await renderToString(createSSRApp(Todos))).toBe('<!--[--><p></p><i>Not yours.</i><!--]-->')
  })
})
