/** What one connection may ask of the server. */
export interface RealtimeLimits {
  /** Subscriptions of one connection. @default 1000 */
  maxSubscriptions: number
  /** Bytes of one frame from a client. @default 65536 */
  maxFrameBytes: number
  /** Frames from a client in one second, on average; twice as many at once. @default 100 */
  maxFramesPerSecond: number
  /** Bytes that wait for a slow reader before it is cut off. @default 4194304 */
  maxBufferedBytes: number
  /** How long a hook may take to decide, in milliseconds; then it has denied. @default 10000 */
  maxDecision: number
  /** Updates of one connection that hooks may be deciding on at a time; beyond it the client reads again. @default 1000 */
  maxDecisions: number
  /** Rows that a client is told of one by one when it comes back; beyond it, it reads again. @default 1000 */
  maxMissed: number
  /** How long it is trusted who has opened a connection, in milliseconds; then the session is resolved again. @default 60000 */
  maxSessionAge: number
  /** How long a connection may be silent, in milliseconds. @default 60000 */
  maxSilence: number
}

export const defaultRealtimeLimits: RealtimeLimits = {
  maxSubscriptions: 1000,
  maxFrameBytes: 65_536,
  maxFramesPerSecond: 100,
  maxBufferedBytes: 4_194_304,
  maxDecision: 10_000,
  maxDecisions: 1000,
  maxMissed: 1000,
  maxSessionAge: 60_000,
  maxSilence: 60_000,
}
