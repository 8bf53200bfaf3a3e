import type { PipelineRequest } from '../pipeline/request'
import type { Peer } from './peer'

/** Whether a connection would be let in as somebody else by now. Who never had to be known is not asked for. */
export async function hasOtherSession({ rules, event, knownSession }: PipelineRequest, peer: Peer): Promise<boolean> {
  const known = knownSession()
  if (!known)
    return false
  try {
    const [before, now] = [await known, await rules.resolveSession({ headers: event.headers, event, peer })]
    return JSON.stringify(before) !== JSON.stringify(now)
  }
  catch {
    // Whoever can't be resolved any more has no session.
    return true
  }
}
