/** Answers that a server would give, held back until the bench lets them go. */
export function createAnswers() {
  const waiting = new Map()
  return {
    /** Call before the request: its answer will be what `answer` is given. */
    hold(key) {
      const deferred = Promise.withResolvers()
      waiting.set(key, deferred)
      return deferred.resolve
    },
    /** The answer to a request, when it is let go. */
    of: key => waiting.get(key).promise,
  }
}
