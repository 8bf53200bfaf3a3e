import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  schema: './server/database/schema.ts',
  out: './server/assets/migrations',
  casing: 'snake_case',
  dbCredentials: { url: 'file:./.data/playground.db' },
})
