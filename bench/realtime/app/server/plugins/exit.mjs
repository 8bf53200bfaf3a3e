import { defineNitroPlugin } from '#imports'

/** Ends in order, so that `--cpu-prof` can write. */
export default defineNitroPlugin(() => {
  process.once('SIGUSR2', () => process.exit())
})
