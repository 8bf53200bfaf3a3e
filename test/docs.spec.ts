import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { join } from 'pathe'
import { expect, it } from 'vitest'
import { root } from './support/sources'

it('the table of errors is the one of the catalogue', () => {
  const { stderr, status } = spawnSync(process.execPath, [join(root, 'docs/generate-errors.mjs'), '--check'], { encoding: 'utf8' })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
})
