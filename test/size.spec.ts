import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { join } from 'pathe'
import { expect, it } from 'vitest'
import { root } from './support/sources'

/**
 * Brotli bytes of what a page loads because of this module, Vue, Nuxt and the generated registry aside.
 * The aim is 10,000; this is what there is, so that it can only shrink.
 */
const limit = 14_500

it(`the store, the client and the Nuxt plugin weigh under ${limit} bytes together`, async () => {
  const { outputFiles: [output], metafile } = await build({
    stdin: {
      contents: 'export { default } from \'./plugin\'\nexport * from \'./use-store\'',
      resolveDir: join(root, 'src/runtime/entries'),
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    metafile: true,
    external: ['vue', 'nuxt/app', '#rstore-drizzle/client'],
    // What Nuxt defines in a production build for browsers.
    define: { 'import.meta.server': 'false', 'import.meta.client': 'true', 'import.meta.dev': 'false' },
  })
  const { bytesInOutput } = Object.values(metafile.outputs)[0]!.inputs['src/runtime/entries/plugin.ts']!
  expect(bytesInOutput).toBeGreaterThan(0)

  const size = brotliCompressSync(output!.contents).length
  console.log(`Client: ${size} bytes brotli, ${output!.contents.length} minified`)
  if (size >= limit)
    console.log(heaviest(metafile.outputs))
  expect(size).toBeLessThan(limit)
})

function heaviest(outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>): string {
  return Object.entries(Object.values(outputs)[0]!.inputs)
    .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 20)
    .map(([path, { bytesInOutput }]) => `${String(bytesInOutput).padStart(6)}  ${path}`)
    .join('\n')
}
