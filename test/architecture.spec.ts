import { readFileSync } from 'node:fs'
import { dirname, join } from 'pathe'
import { describe, expect, it } from 'vitest'
import type { Import, Source } from './support/sources'
import { optionalFeatures } from '../src/build/render-features'
import { readSource, readSources, root } from './support/sources'

/** What the files of a layer may import: other layers, and packages by name (their subpaths included). */
interface Layer { values: string[], types: string[], packages: string[], generated?: true }

/*
 * The direction of imports: entries -> client, offline, server -> store -> shared. A new folder of
 * `src/runtime` has to be entered here before its files pass.
 */
const layers: Record<string, Layer> = {
  module: { values: ['build'], types: ['build'], packages: ['@nuxt/kit'] },
  // Subpaths of the package.
  schema: { values: ['server'], types: [], packages: [] },
  build: { values: ['build', 'shared'], types: ['build', 'shared', 'client', 'server', 'pubsub'], packages: ['@nuxt/kit', 'drizzle-orm', 'jiti', 'node', 'pathe', 'tinyglobby'] },
  shared: { values: ['shared'], types: ['shared'], packages: [] },
  realtime: { values: ['realtime', 'shared'], types: ['realtime', 'shared'], packages: [] },
  pubsub: { values: ['pubsub', 'realtime', 'shared'], types: ['pubsub', 'realtime', 'shared'], packages: ['@nats-io/jetstream', '@nats-io/transport-node', 'ioredis', 'pg', 'redis'] },
  store: { values: ['store', 'shared'], types: ['store', 'shared'], packages: ['vue'] },
  client: { values: ['client', 'store', 'shared'], types: ['client', 'store', 'shared'], packages: ['@vueuse/core', 'vue'] },
  server: { values: ['server', 'realtime', 'shared'], types: ['server', 'realtime', 'shared'], packages: ['drizzle-orm', 'h3'] },
  entries: {
    values: ['entries', 'client', 'server', 'realtime', 'store', 'shared'],
    types: ['entries', 'client', 'server', 'realtime', 'store', 'shared', 'types'],
    packages: ['consola', 'h3', 'nuxt', 'vue'],
    generated: true,
  },
  types: { values: [], types: ['client', 'server', 'store', 'realtime', 'shared'], packages: ['drizzle-orm'] },
}

/** What only the app can say, or the context of a type parameter: there, `unknown` would refuse what is right. */
const allowedAnys: Record<string, number> = { 'runtime/entries/session.ts': 1, 'runtime/shared/condition.ts': 1 }

const sources = readSources()

describe('the layers', () => {
  it('import only downwards', () => {
    expect(sources.flatMap(source => source.imports.flatMap(imported => breachOf(source, imported)))).toEqual([])
  })

  it('have no import cycles', () => {
    expect(cycles(sources)).toEqual([])
  })

  it('leave what an app may do without to the app: only the generated module imports it', () => {
    const folders = Object.values(optionalFeatures).map(({ file }) => `runtime/${dirname(file)}/`)
    const inside = (path: string) => folders.find(folder => path.startsWith(folder))
    const breaches = sources.flatMap(({ path, imports }) => imports
      .filter(({ typeOnly, target }) => !typeOnly && target && inside(target) && inside(target) !== inside(path))
      .map(({ target }) => `${path}: ${target}`))
    expect(breaches).toEqual([])
    expect(folders.filter(folder => !sources.some(({ path }) => path.startsWith(folder)))).toEqual([])
  })

  it('are all used', () => {
    expect([...new Set(sources.map(source => layerOf(source.path)))].sort()).toEqual(Object.keys(layers).sort())
  })

  it.each([
    ['runtime/shared/key.ts', 'import { ref } from \'vue\'', 'shared must not import vue'],
    ['runtime/store/view.ts', 'import { useNuxtApp } from \'nuxt/app\'', 'store must not import nuxt/app'],
    ['runtime/store/view.ts', 'import { createHttpTransport } from \'../client/http\'', 'store must not import client'],
    ['runtime/server/registry.ts', 'import type { Store } from \'../store/types\'', 'server must not import store'],
    ['runtime/client/http.ts', 'export { options } from \'#rstore-drizzle/client\'', 'only entries import #rstore-drizzle/client'],
    ['runtime/client/http.ts', 'const imports = () => import(\'#imports\')', 'only entries import #imports'],
    ['build/setup.ts', 'import { createStore } from \'../runtime/store/create-store\'', 'build must not import store'],
    ['runtime/store/view.ts', 'import { getKey } from \'../shared/key.ts\'', '"../shared/key.ts" is not the path of a file without its extension'],
    ['runtime/store/view.ts', 'import { getKey } from \'../shared\'', '"../shared" is not the path of a file without its extension'],
  ])('would be told of a breach: %s with %s', (path, text, message) => {
    const source = readSource(join(root, 'src'), path, text)
    expect(source.imports.flatMap(imported => breachOf(source, imported))).toEqual([`${path}: ${message}`])
  })

  it('would be told of a cycle', () => {
    const file = (path: string, target: string): Source => ({ path, text: '', lines: 1, anys: 0, imports: [{ specifier: './x', typeOnly: false, target }] })
    expect(cycles([file('a.ts', 'b.ts'), file('b.ts', 'c.ts'), file('c.ts', 'b.ts')])).toEqual(['b.ts -> c.ts -> b.ts'])
  })
})

describe('the files', () => {
  it('have at most 300 lines', () => {
    expect(sources.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([])
  })

  it('have kebab-case names, and none that stands for its folder', () => {
    expect(sources.filter(({ path }) => !/^(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.d)?\.ts$/.test(path) || /(?:^|\/)index\.ts$/.test(path)).map(({ path }) => path)).toEqual([])
  })

  it('do without `any`, except where the context gives the type', () => {
    expect(Object.fromEntries(sources.filter(({ anys }) => anys > 0).map(({ path, anys }) => [path, anys]))).toEqual(allowedAnys)
  })

  it('do not silence the compiler or, but for those, the linter', () => {
    const silenced = sources.filter(({ path, text }) => /@ts-(?:expect-error|ignore|nocheck)/.test(text)
      || (text.match(/eslint-disable/g)?.length ?? 0) > (allowedAnys[path] ?? 0))
    expect(silenced.map(({ path }) => path)).toEqual([])
  })
})

describe('the packages', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<'dependencies' | 'peerDependencies', Record<string, string>>
  const imported = new Set(sources.flatMap(({ imports }) => imports).map(packageOf).filter(name => name !== undefined && name !== 'node'))

  it('that are imported are declared, and no others', () => {
    expect(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).sort()).toEqual([...imported].sort())
  })
})

function layerOf(path: string): string {
  const [first, second] = path.split('/')
  return first === 'runtime' ? second!.replace(/\.ts$/, '') : first!.replace(/\.ts$/, '')
}

function breachOf({ path }: Source, imported: Import): string[] {
  const { specifier, typeOnly, target } = imported
  const name = layerOf(path)
  const layer = layers[name]
  if (!layer)
    return [`${path}: the layer "${name}" has no rules yet`]
  if (specifier.startsWith('.')) {
    if (target === undefined)
      return [`${path}: "${specifier}" is not the path of a file without its extension`]
    const allowed = layer[typeOnly ? 'types' : 'values'].includes(layerOf(target))
    return allowed ? [] : [`${path}: ${name} must not import ${layerOf(target)}`]
  }
  if (specifier.startsWith('#'))
    return layer.generated ? [] : [`${path}: only entries import ${specifier}`]
  return layer.packages.includes(packageOf(imported)!) ? [] : [`${path}: ${name} must not import ${specifier}`]
}

/** Name of the package; `node` for what is built in. */
function packageOf({ specifier }: Import): string | undefined {
  if (/^[.#]/.test(specifier))
    return undefined
  return specifier.startsWith('node:') ? 'node' : specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Circles of value imports; types may point both ways. */
function cycles(files: readonly Source[]): string[] {
  const edges = new Map(files.map(({ path, imports }) => [path, imports.filter(({ typeOnly }) => !typeOnly).flatMap(({ target }) => target ?? [])]))
  const found: string[] = []
  const done = new Set<string>()
  const follow = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0)
      found.push([...trail.slice(start), path].join(' -> '))
    else if (!done.has(path))
      edges.get(path)?.forEach(next => follow(next, [...trail, path]))
    done.add(path)
  }
  for (const path of edges.keys())
    follow(path, [])
  return found
}
