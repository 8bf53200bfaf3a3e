/**
 * Tries until it succeeds: at once, then after 100 ms and up to 10 s, twice as long each time and less a random part of up to a half.
 * Rejects with the reason of the signal once that is aborted.
 */
export async function retry<T>(attempt: () => Promise<T>, failed: (error: unknown) => void, signal: AbortSignal): Promise<T> {
  for (let delay = 100; ; delay = Math.min(delay * 2, 10_000)) {
    signal.throwIfAborted()
    try {
      return await attempt()
    }
    catch (error) {
      failed(error)
    }
    await pause(delay * (1 - Math.random() / 2), signal)
  }
}

/** Ends early once the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted)
      return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
