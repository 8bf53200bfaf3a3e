import type { QueryLimits } from '../shared/query'
import type { RealtimeLimits } from '../shared/realtime-limits'

/** What the generated server registry says about the app's configuration. */
export interface ServerOptions {
  /** Base path of the REST API, without a trailing slash. @default '/api/rstore' */
  apiPath: string
  queryLimits: QueryLimits
  /** Denies tables that have no policy. @default false */
  requirePolicies: boolean
  /** Absent where there is no realtime. */
  ws?: { allowedOrigins: string[], limits: Partial<RealtimeLimits> }
}
