import { fileURLToPath } from 'node:url'
import { defineNuxtConfig } from 'nuxt/config'

export default defineNuxtConfig({
  // The module as it is published. The bench copies this app to a folder just as deep.
  modules: [fileURLToPath(new URL('../../../dist/module.mjs', import.meta.url))],
  devtools: { enabled: false },
  compatibilityDate: '2026-01-01',
  telemetry: false,
  // The peers of the bench send no heartbeat, but where that is what is measured.
  rstoreDrizzle: { ws: { limits: { maxSilence: 3_600_000 } } },
})
