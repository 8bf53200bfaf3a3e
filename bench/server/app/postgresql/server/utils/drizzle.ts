import { env } from 'node:process'
import { drizzle } from 'drizzle-orm/node-postgres'
import * as schema from '../database/schema'

const database = drizzle({ connection: { connectionString: env.BENCH_DATABASE!, max: 8 }, schema })

export const useDrizzle = () => database
