/** Runs a mutation and shows why it failed; the store has taken the change back by then. */
export function useAttempt() {
  const toast = useToast()
  return async function attempt<T>(what: string, mutation: Promise<T>): Promise<T | undefined> {
    try {
      return await mutation
    }
    catch (error) {
      if (!(error instanceof Error && error.name === 'RstoreError'))
        throw error
      toast.add({ title: what, description: error.message, color: 'error', icon: 'i-lucide-triangle-alert', duration: 8000 })
      return undefined
    }
  }
}
