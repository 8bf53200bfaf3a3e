import type { BatchingOptions } from './batching'

/** What the generated client registry says about the app's configuration. */
export interface ClientOptions {
  /** Base path of the REST API, without a trailing slash. @default '/api/rstore' */
  apiPath: string
  /** Most rows the server gives in one answer. @default 1000 */
  maxLimit: number
  /** Most keys the server takes in one request. @default 1000 */
  maxKeys: number
  /** Most mutations of one transaction. @default 100 */
  maxBatchSize: number
  batching: BatchingOptions
  /** Absent where there is no realtime. */
  ws?: {
    /** Path on the server, below the app's base URL. */
    apiPath: string
    heartbeatInterval: number
    autoReconnect: boolean | { retries?: number, delay?: number }
  }
}
