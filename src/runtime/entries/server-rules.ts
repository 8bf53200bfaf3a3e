import { rules } from './server-context'

export const allowTables = rules.allowTables
export const hooksForTable = rules.hooksForTable
export const policyForTable = rules.policyForTable
export const setRstoreDrizzleSession = rules.setSession

/** Hooks of all tables: `rstoreDrizzleHooks.hook(name, hook)`. */
export const rstoreDrizzleHooks = { hook: rules.hook }
