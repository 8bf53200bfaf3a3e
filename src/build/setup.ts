import type { Nuxt } from './nuxt'
import type { ModuleOptions } from './options'
import type { SchemaBuild } from './schema'
import { isDeepStrictEqual } from 'node:util'
import { useLogger } from '@nuxt/kit'
import { resolveOptions } from './options'
import { formatProblems, throwProblems } from './problem'
import { register, templates } from './register'
import { renderReport, summarize } from './report'
import { buildSchema } from './schema'
import { watchSchema } from './watch'

/**
 * What the module does when Nuxt sets it up. Without a Drizzle config it warns and does nothing.
 * @throws RstoreError `RSTORE_INVALID_SCHEMA` with every problem found
 */
export async function setup(given: ModuleOptions, nuxt: Nuxt, runtime: (path: string) => string): Promise<void> {
  const logger = useLogger('rstore-drizzle')
  const { rootDir } = nuxt.options
  const { options, problems } = resolveOptions(given, nuxt.options.rstore?.store)
  const build = () => buildSchema({ rootDir, alias: nuxt.options.alias, options })
  const warn = (build: SchemaBuild) => {
    const warnings = build.problems.filter(problem => problem.severity === 'warning')
    if (warnings.length > 0)
      logger.warn(`Drizzle setup:\n${formatProblems(warnings, rootDir)}`)
  }

  const first = await build()
  first.problems.unshift(...problems)
  warn(first)
  throwProblems(first.problems, rootDir)
  if (!first.schema)
    return

  let current = first.schema
  const report = () => logger.info(nuxt.options._prepare
    ? summarize(Object.keys(current.server.collections).length, current.server.dialect, options.apiPath)
    : renderReport(current, options.apiPath))
  register(nuxt, { options, current: () => current, runtime })
  report()

  if (!nuxt.options.dev || nuxt.options._prepare)
    return
  watchSchema(nuxt, {
    targets: first.watch,
    templates: Object.values(templates),
    rebuild: build,
    accept(next) {
      const errors = next.problems.filter(problem => problem.severity === 'error')
      if (errors.length > 0 || !next.schema) {
        logger.error(`The schema can't be used as it is now, so the last good one stays:\n${formatProblems(errors.length > 0 ? errors : next.problems, rootDir)}`)
        return false
      }
      if (isDeepStrictEqual(next.schema, current))
        return false
      current = next.schema
      warn(next)
      report()
      return true
    },
    onError: error => logger.error(error),
  })
}
