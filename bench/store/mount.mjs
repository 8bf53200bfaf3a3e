import { effectScope, watchEffect } from 'vue'

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

export const render = row => `${row.id} ${row.title}`
