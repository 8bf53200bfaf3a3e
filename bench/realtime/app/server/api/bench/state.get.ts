import { defineEventHandler, getQuery } from 'h3'

/** What the process has used so far: `cpu` in milliseconds, memory in bytes; with `?gc` after a collection of garbage. */
export default defineEventHandler((event) => {
  const { user, system } = process.cpuUsage()
  if ('gc' in getQuery(event))
    globalThis.gc?.()
  return { cpu: (user + system) / 1000, memory: process.memoryUsage() }
})
