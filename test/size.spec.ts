import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { dirname, join } from 'pathe'
import { expect, it } from 'vitest'
import { optionalFeatures, renderFeatures } from '../src/build/render-features'
import { root } from './support/sources'

/**
 * Brotli bytes of what a page loads because of this module, Vue, Nuxt and the models of the app's schema aside. They
 * are what there is, so that they can only shrink; the aim for `page` is 12,000.
 */
const limits = {
  /** The store, the client and the Nuxt plugin, without what an app may leave out. */
  page: 24_400,
  /** What undo and redo load once they are enabled. */
  history: 1_500,
  /** What forms add to it. */
  forms: 2_000,
  /** What the first form of an app loads in addition. */
  formChecks: 1_750,
}

const runtime = join(root, 'src/runtime')
const none = { forms: false }
type Features = Parameters<typeof renderFeatures>[0]

it(`the store, the client and the Nuxt plugin weigh under ${limits.page} bytes together`, async () => {
  const page = await bundle(none)
  expect(page.files['src/runtime/entries/plugin.ts']).toBeGreaterThan(0)
  expect(Object.keys(page.files).filter(file => Object.values(optionalFeatures).some(feature => file.startsWith(`src/runtime/${dirname(feature.file)}/`)))).toEqual([])
  console.log(`Client: ${page.size} bytes brotli, ${page.minified} minified; loaded later: ${describeLater(page.later)}`)
  if (page.size >= limits.page)
    console.log(heaviest(page.files))
  expect(page.later.map(({ file }) => file)).toEqual(['src/runtime/store/history.ts'])
  expect(page.later[0]!.size).toBeLessThan(limits.history)
  expect(page.size).toBeLessThan(limits.page)
})

it(`forms add under ${limits.forms} bytes, and their checks are loaded when there is a form`, async () => {
  const [page, withForms] = await Promise.all([bundle(none), bundle({ ...none, forms: true })])
  const forms = withForms.size - page.size
  const later = withForms.later.filter(chunk => !page.later.some(({ file }) => file === chunk.file))
  console.log(`Forms: ${forms} bytes brotli on top; loaded later: ${describeLater(later)}`)
  expect(withForms.files['src/runtime/store/forms/form.ts']).toBeGreaterThan(0)
  expect(Object.keys(withForms.files)).not.toContain('src/runtime/shared/decode.ts')
  expect(forms).toBeLessThan(limits.forms)
  expect(later.map(({ file }) => file)).toEqual(['src/runtime/store/forms/checks.ts'])
  expect(later[0]!.size).toBeLessThan(limits.formChecks)
})

interface Bundle {
  /** Brotli bytes of all that is loaded before anything runs. */
  size: number
  minified: number
  /** The bytes of each source file in that. */
  files: Record<string, number>
  /** What is loaded when it is needed, by its source file. */
  later: { file: string, size: number }[]
}

/** The client of an app with some features, as Nuxt bundles it for production. */
async function bundle(features: Features): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: 'export { default } from \'./plugin\'\nexport * from \'./use-store\'',
      resolveDir: join(runtime, 'entries'),
      loader: 'ts',
    },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    outdir: 'out',
    write: false,
    metafile: true,
    external: ['vue', 'nuxt/app', '#rstore-drizzle/client'],
    plugins: [{
      name: 'features',
      setup(esbuild) {
        esbuild.onResolve({ filter: /^#rstore-drizzle\/features$/ }, ({ path }) => ({ path, namespace: 'generated' }))
        esbuild.onLoad({ filter: /.*/, namespace: 'generated' }, () => ({ contents: renderFeatures(features, path => join(runtime, path)), resolveDir: root }))
      },
    }],
    // What Nuxt defines in a production build for browsers.
    define: { 'import.meta.server': 'false', 'import.meta.client': 'true', 'import.meta.dev': 'false' },
  })
  const { outputs } = metafile
  const contents = (path: string) => outputFiles.find(file => file.path.endsWith(path))!.contents
  // Rollup puts into one file what esbuild puts into chunks that are loaded at once.
  const initial = new Set([Object.keys(outputs).find(path => outputs[path]!.entryPoint === '<stdin>')!])
  for (const path of initial)
    outputs[path]!.imports.filter(({ kind, external }) => kind === 'import-statement' && !external).forEach(({ path }) => initial.add(path))
  const code = Buffer.concat([...initial].map(contents))
  return {
    size: brotliCompressSync(code).length,
    minified: code.length,
    files: Object.fromEntries([...initial].flatMap(path => Object.entries(outputs[path]!.inputs)).map(([file, { bytesInOutput }]) => [file, bytesInOutput])),
    later: Object.entries(outputs).filter(([path]) => !initial.has(path)).map(([path, { entryPoint }]) => ({ file: entryPoint ?? path, size: brotliCompressSync(contents(path)).length })),
  }
}

function describeLater(later: Bundle['later']): string {
  return later.map(({ file, size }) => `${file} ${size}`).join(', ') || 'nothing'
}

function heaviest(files: Bundle['files']): string {
  return Object.entries(files)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 20)
    .map(([path, bytes]) => `${String(bytes).padStart(6)}  ${path}`)
    .join('\n')
}
