import type { QueryLimits } from '../shared/query'

/** What the generated server registry says about the app's configuration. */
export interface ServerOptions {
  /** Base path of the REST API, without a trailing slash. @default '/api/rstore' */
  apiPath: string
  queryLimits: QueryLimits
  /** Denies tables that have no policy. @default false */
  requirePolicies: boolean
}
