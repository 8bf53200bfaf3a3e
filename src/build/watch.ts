import type { Nuxt } from './nuxt'
import type { FSWatcher } from 'node:fs'
import type { SchemaBuild } from './schema'
import { existsSync, watch } from 'node:fs'
import { updateTemplates } from '@nuxt/kit'
import { dirname, join } from 'pathe'

/** The parts of Nitro that a change goes through. */
export interface NitroHooks {
  hook: (name: 'dev:reload', listener: () => void) => () => void
  callHook: (name: 'rollup:reload') => unknown
}

export interface SchemaWatch {
  /** What to look at first; each build says what to look at next. */
  targets: SchemaBuild['watch']
  rebuild: () => Promise<SchemaBuild>
  /** Takes a build over; `false` where nothing that is generated would change. Reports problems itself. */
  accept: (build: SchemaBuild) => boolean
  /** File names of the templates to render again. */
  templates: string[]
  onError: (error: unknown) => void
}

const quietFor = 400
const patience = 10_000

/** In development: keeps registries, types and the running server in step with the schema. */
export function watchSchema(nuxt: Nuxt, { targets, rebuild, accept, templates, onError }: SchemaWatch): void {
  let nitro: NitroHooks | undefined
  nuxt.hook('nitro:init' as never, ((instance: { hooks: NitroHooks }) => {
    nitro = instance.hooks
  }) as never)

  const update = createQueue(async () => {
    const build = await rebuild()
    watcher.watch(build.watch)
    if (!accept(build))
      return
    // Templates rendered while Nitro rebuilds make the next page request hang.
    if (nitro)
      await rebuilt(nitro)
    await updateTemplates({ filter: template => templates.includes(template.filename!) })
  }, onError)

  const watcher = createWatcher(update)
  watcher.watch(targets)
  // Nuxt's own watcher tells of files in folders that only a glob covers.
  nuxt.hook('builder:watch', (event, path) => {
    if ((event === 'add' || event === 'unlink') && /\.[cm]?[jt]s$/.test(path))
      update()
  })
  nuxt.hook('close', () => watcher.close())
}

/** Runs a task, once more where it was asked for meanwhile, never twice at a time. */
export function createQueue(task: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let state: 'idle' | 'waiting' | 'running' | 'again' = 'idle'
  const start = () => {
    state = 'waiting'
    // Editors write a file in several steps.
    setTimeout(() => {
      state = 'running'
      task().catch(onError).finally(() => {
        const again = state === 'again'
        state = 'idle'
        if (again)
          start()
      })
    }, 60)
  }
  return () => {
    if (state === 'idle')
      start()
    else if (state === 'running')
      state = 'again'
  }
}

/** Has Nitro build again and waits until it has been quiet for a while; gives up on one that does not finish. */
export async function rebuilt(nitro: NitroHooks): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const limit = setTimeout(resolve, patience)
  let quiet: NodeJS.Timeout | undefined
  const unhook = nitro.hook('dev:reload', () => {
    clearTimeout(quiet)
    quiet = setTimeout(resolve, quietFor)
  })
  try {
    await nitro.callHook('rollup:reload')
    await promise
  }
  finally {
    clearTimeout(limit)
    clearTimeout(quiet)
    unhook()
  }
}

/** Watches folders, not files: editors replace a file, and a watch on it would stay with the old one. */
function createWatcher(onChange: () => void): { watch: (targets: SchemaBuild['watch']) => void, close: () => void } {
  const watchers = new Map<string, FSWatcher>()
  let files = new Set<string>()
  let folders = new Set<string>()
  return {
    watch(targets) {
      // A build that failed early saw fewer files: what was watched stays watched.
      files = new Set([...files, ...targets.files])
      folders = new Set([...folders, ...targets.folders])
      for (const folder of new Set([...targets.files.map(file => dirname(file)), ...targets.folders])) {
        if (watchers.has(folder) || !existsSync(folder))
          continue
        watchers.set(folder, watch(folder, (_, name) => {
          const path = name === null ? undefined : join(folder, name)
          if (path === undefined || files.has(path) || (folders.has(folder) && /\.[cm]?[jt]sx?$/.test(path)))
            onChange()
        }).on('error', () => {
          watchers.get(folder)?.close()
          watchers.delete(folder)
        }))
      }
    },
    close() {
      watchers.forEach(watcher => watcher.close())
      watchers.clear()
    },
  }
}
