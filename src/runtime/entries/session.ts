import type { RstoreDrizzleSession } from '#rstore-drizzle/types'

// An app that has not declared its session is not to be stopped from using it.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the app leaves undeclared
type Undeclared = any

/** Who asks, as the app's resolver gives it; `undefined` and `null` where nobody is logged in. */
export type Session = keyof RstoreDrizzleSession extends never ? Undeclared : RstoreDrizzleSession | null | undefined
