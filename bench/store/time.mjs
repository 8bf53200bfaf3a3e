import { nextTick } from 'vue'

/** Milliseconds that a step takes, until Vue has run the effects that it caused. */
export async function timed(step) {
  const begin = performance.now()
  await step()
  await nextTick()
  return performance.now() - begin
}

/** Some engines answer later than the call that mounts a view: waits until it is ready and has been rendered. */
export async function settled(view) {
  for (let i = 0; !view.isReady(); i++)
    await (i < 200 ? undefined : new Promise(resolve => setTimeout(resolve)))
  await nextTick()
}

/** Repeats a step until it has run `count` times or the cap is reached. Returns how often it ran. */
export async function repeat(count, capSeconds, step) {
  const end = performance.now() + capSeconds * 1000
  for (let i = 0; i < count; i++) {
    await step(i)
    if (performance.now() > end)
      return i + 1
  }
  return count
}

/** Whether a repeated step ran too few times for its mean to be trusted as that of all would be. */
export const isCutShort = (ran, count) => ran < Math.min(count, 100)
