import { effectScope, shallowRef, watch, watchEffect } from 'vue'

/**
 * A component that shows rows: an effect that reads the key and the title of each, as a `v-for` would.
 * @param {() => { getRows: () => object[], isReady?: () => boolean, stop?: () => void }} setup - runs
 * inside a scope, as `setup()` of a component does
 * @param {number} visible - rows that are rendered: a long list is virtualized
 */
export function mount(setup, visible = Infinity) {
  const scope = effectScope(true)
  let shown = []
  let source
  scope.run(() => {
    source = setup()
    watchEffect(() => {
      const rows = source.getRows()
      const next = []
      for (let i = 0; i < Math.min(rows.length, visible); i++)
        next.push(render(rows[i]))
      shown = next
    })
  })
  return {
    /** What is on screen. */
    shown: () => shown,
    /** The whole result, rendered or not. */
    all: () => source.getRows().map(render),
    isReady: () => source.isReady?.() ?? true,
    unmount() {
      scope.stop()
      source.stop?.()
    },
  }
}

/**
 * A component per list in a component that goes through the lists, as `v-for` would make them.
 * @param {() => { getLists: () => object[], setupList: (list: import('vue').ShallowRef<object>) => ReturnType<Parameters<typeof mount>[0]>, isReady?: () => boolean, stop?: () => void }} setup
 */
export function mountTree(setup) {
  const scope = effectScope(true)
  const children = new Map()
  let shown = []
  let source
  scope.run(() => {
    source = setup()
    watch(() => [...source.getLists()], (lists) => {
      shown = lists.map(list => list.id)
      for (const list of lists) {
        if (children.has(list.id))
          children.get(list.id).list.value = list
        else
          children.set(list.id, mountChild(list))
      }
    }, { immediate: true })
  })

  function mountChild(value) {
    const list = shallowRef(value)
    return { list, view: mount(() => source.setupList(list)) }
  }

  return {
    lists: () => shown,
    /** What is on screen of a list. */
    shown: listId => children.get(listId).view.shown(),
    isReady: () => (source.isReady?.() ?? true) && [...children.values()].every(({ view }) => view.isReady()),
    unmount() {
      children.forEach(({ view }) => view.unmount())
      scope.stop()
      source.stop?.()
    },
  }
}

export const render = row => `${row.id} ${row.title}`
