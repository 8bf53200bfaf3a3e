import { rules } from './server-context'

export const { allowTables, hooksForTable, policyForTable, setSession: setRstoreDrizzleSession } = rules

/** Hooks of all tables: `rstoreDrizzleHooks.hook(name, hook)`. */
export const rstoreDrizzleHooks = { hook: rules.hook }
