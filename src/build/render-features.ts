import type { ResolvedOptions } from './options'
import { banner, literal } from './render'

export type FeatureOptions = Pick<ResolvedOptions, 'forms' | 'gc'>

/** Parts of the store that an app may leave out, with the file and the export of each, and what the export is called with. */
export const optionalFeatures: Record<keyof FeatureOptions, { file: string, name: string }> = {
  forms: { file: 'store/forms/forms', name: 'forms' },
  gc: { file: 'store/gc/gc', name: 'gc' },
}

/** Source of `#rstore-drizzle/features`. What is not imported here is in no bundle. */
export function renderFeatures(wanted: FeatureOptions & { ws?: object }, runtime: (path: string) => string): string {
  const features = Object.entries(optionalFeatures).flatMap(([option, { file, name }]) => {
    const given = wanted[option as keyof FeatureOptions]
    return given ? [{ file, name, use: given === true ? name : `${name}(${literal(given)})` }] : []
  })
  return [
    banner,
    ...features.map(({ file, name }) => `import { ${name} } from ${literal(runtime(file))}`),
    ...wanted.ws ? [`export { createRealtime } from ${literal(runtime('client/realtime'))}\n`] : ['export const createRealtime = undefined\n'],
    `export const features = [${features.map(({ use }) => use).join(', ')}]\n`,
  ].join('\n')
}
