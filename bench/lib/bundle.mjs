import { rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

const bench = new URL('../', import.meta.url)

/**
 * Bundles sources of this project as an app would ship them: production, `vue` left out, so that
 * every subject runs on the one that the bench has installed.
 * @param {string} contents - an ES module; paths are relative to the root of the project
 * @param {string} name - of the file
 * @returns {Promise<string>} URL of the bundle; it is removed when the process ends
 */
export async function bundle(contents, name) {
  const { build } = await import('esbuild')
  // Inside the bench folder: that is where `vue` is resolved from. Two benches may run at a time.
  const outfile = fileURLToPath(new URL(`node_modules/.cache/${name}-${process.pid}.mjs`, bench))
  process.on('exit', () => rmSync(outfile, { force: true }))
  await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../', bench)), loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'esnext',
    external: ['vue'],
    define: { 'process.env.NODE_ENV': '"production"', 'import.meta.dev': 'false' },
    minifySyntax: true,
  })
  return pathToFileURL(outfile).href
}
