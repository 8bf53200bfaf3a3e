import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { consola } from 'consola'
import { sql } from 'drizzle-orm'
import { migrate } from 'drizzle-orm/libsql/migrator'
import { lists } from '../database/schema'
import { seed } from '../database/seed'

const logger = consola.withTag('database')

export default defineNitroPlugin((nitroApp) => {
  const ready = prepareDatabase()
  ready.catch(error => logger.error(error))
  // Nitro does not wait for a plugin; every request waits for this one, and fails where it has failed.
  nitroApp.hooks.hook('request', () => ready)
})

/** Creates the file, brings its tables up to date and fills them if they are empty. */
async function prepareDatabase(): Promise<void> {
  const { dbUrl } = useRuntimeConfig()
  if (dbUrl.startsWith('file:/'))
    await mkdir(dirname(fileURLToPath(dbUrl)), { recursive: true })
  const db = useDrizzle()
  await db.run(sql`pragma journal_mode = wal`)
  const folder = await unpackMigrations()
  try {
    await migrate(db, { migrationsFolder: folder })
  }
  finally {
    await rm(folder, { recursive: true, force: true })
  }
  const [existing] = await db.select({ id: lists.id }).from(lists).limit(1)
  if (existing)
    return
  logger.start('Filling the new database')
  await seed(db, progress => logger.info(progress))
  logger.success('The database is ready')
}

/** Nitro bundles `server/assets`, while Drizzle reads migrations from a folder. */
async function unpackMigrations(): Promise<string> {
  const assets = useStorage('assets:server:migrations')
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  await mkdir(join(folder, 'meta'))
  for (const key of await assets.getKeys()) {
    const content = await assets.getItem(key)
    await writeFile(join(folder, key.replaceAll(':', '/')), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}
