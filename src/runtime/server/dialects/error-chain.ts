export interface ErrorLink { message: string, code?: unknown }

/** An error and its causes, outermost first. Drizzle and some drivers wrap what the database said. */
export function errorChain(error: unknown): ErrorLink[] {
  const chain: ErrorLink[] = []
  for (let link = error; link instanceof Error && chain.length < 6; link = link.cause)
    chain.push(link)
  // Drizzle's wrapper repeats the statement with its parameters, which may say anything.
  return chain.filter(link => !isQueryError(link))
}

/** The error that a driver threw, without Drizzle's wrapper, whose message holds parameters. */
export function driverError(error: unknown): unknown {
  return isQueryError(error) && error.cause ? error.cause : error
}

function isQueryError(error: unknown): error is Error {
  // What the database said has a code, and with some drivers the statement too.
  return error instanceof Error && 'query' in error && 'params' in error && !('code' in error)
}
