import { defineBuildConfig } from 'unbuild'

export default defineBuildConfig({
  externals: ['nuxt', 'nuxt/app', 'nitropack', 'nitropack/types', 'h3', 'vue', 'drizzle-orm'],
})
