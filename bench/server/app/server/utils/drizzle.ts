import { env } from 'node:process'
import { drizzle } from 'drizzle-orm/libsql'
import * as schema from '../database/schema'

const database = drizzle({ connection: { url: env.BENCH_DATABASE! }, schema })

export const useDrizzle = () => database
