export default defineNuxtConfig({
  modules: ['@nuxt/ui', 'nuxt-rstore-drizzle'],
  devtools: { enabled: false },
  app: {
    head: {
      htmlAttrs: { lang: 'en' },
      title: 'Todos',
      meta: [{ name: 'description', content: 'The playground of nuxt-rstore-drizzle.' }],
      link: [{ rel: 'icon', type: 'image/svg+xml', href: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="%2300c16a"/><path d="m9 17 5 5 9-11" fill="none" stroke="white" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>' }],
    },
  },
  css: ['~/assets/css/main.css'],
  // Everything comes from installed packages: no network is needed.
  ui: { fonts: false },
  runtimeConfig: {
    /** SQLite file; NUXT_DB_URL overrides it. */
    dbUrl: new URL('.data/playground.db', import.meta.url).href,
  },
  compatibilityDate: '2026-01-01',
  typescript: { strict: true },
  telemetry: false,
  icon: { provider: 'server', fallbackToApi: false, clientBundle: { scan: true } },
  rstoreDrizzle: { ws: true },
})
