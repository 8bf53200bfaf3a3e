import { spawn } from 'node:child_process'

/**
 * Runs a worker and hands out each JSON line that it writes.
 * @param {string} file
 * @param {object} options
 * @param {unknown} options.input - reaches the worker as JSON, in its first argument
 * @param {Record<string, string>} [options.env]
 * @param {number} options.limitSeconds - the worker is ended after this time
 * @param {(line: object) => void} options.onLine - not called for `{ error }`, by which a worker says why it fails
 * @returns {Promise<'done' | 'capped'>} rejects where the worker fails
 */
export function runWorker(file, { input, env, limitSeconds, onLine }) {
  return new Promise((resolve, reject) => {
    const worker = spawn(process.execPath, ['--expose-gc', '--max-old-space-size=8192', file, JSON.stringify(input)], {
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let errorOutput = ''
    let failure = ''
    let capped = false
    const timer = setTimeout(() => {
      capped = true
      worker.kill('SIGKILL')
    }, limitSeconds * 1000)
    worker.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (output + text).split('\n')
      output = lines.pop()
      for (const line of lines.filter(Boolean).map(text => JSON.parse(text))) {
        if (line.error === undefined)
          onLine(line)
        else
          failure = line.error
      }
    })
    worker.stderr.setEncoding('utf8').on('data', text => errorOutput += text)
    worker.on('error', reject)
    worker.on('close', (code) => {
      clearTimeout(timer)
      if (capped || code === 0)
        resolve(capped ? 'capped' : 'done')
      else
        reject(new Error([failure || `The worker ended with code ${code}`, errorOutput.trim()].filter(Boolean).join('\n')))
    })
  })
}
