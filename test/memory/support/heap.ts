import { queryObjects } from 'node:v8'
import { computed, effectScope, ReactiveEffect, shallowRef } from 'vue'
import { EngineCollection } from '../../../src/runtime/store/collection'
import { NodeLayer } from '../../../src/runtime/store/node-layer'
import { Page } from '../../../src/runtime/store/page'
import { View } from '../../../src/runtime/store/view'
import { ViewWindow } from '../../../src/runtime/store/window'

const kilobyte = 1024

/** What a second round of the same may add in all, in kB: not one small object per query. */
export const margin = 256

/** What queries are made of, the store's part and Vue's. */
const parts = {
  collections: EngineCollection,
  views: View,
  windows: ViewWindow,
  layers: NodeLayer,
  pages: Page,
  effects: ReactiveEffect,
  computeds: computed(() => undefined).constructor,
  refs: shallowRef().constructor,
  scopes: effectScope(true).constructor,
}

/** How many of each the collector has to leave. */
export async function count(...names: (keyof typeof parts)[]): Promise<Record<string, number>> {
  await collected()
  return Object.fromEntries((names.length > 0 ? names : Object.keys(parts) as (keyof typeof parts)[]).map(name => [name, alive(parts[name])]))
}

/** Objects of a class, or of one that extends it, which something still holds. */
export function alive(type: unknown): number {
  return queryObjects(type as new () => object, { format: 'count' })
}

/** How many of these are still there. */
export async function held(refs: readonly WeakRef<object>[]): Promise<number> {
  await collected()
  return refs.filter(ref => ref.deref()).length
}

/** Heap in use after collection, in kB: the smallest of a few. */
export async function heapUsed(): Promise<number> {
  let least = Infinity
  for (let i = 0; i < 4; i++) {
    await collected()
    least = Math.min(least, process.memoryUsage().heapUsed / kilobyte)
  }
  return Math.round(least)
}

/** Runs the collector; references of this very turn end before it. */
async function collected(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve))
  globalThis.gc!()
}
