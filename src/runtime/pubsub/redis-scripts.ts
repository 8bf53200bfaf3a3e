import { gapChannel } from './log'

/* In Lua, so that what is appended and what is published have the same order. `KEYS[1]` is the log. Works from Redis 5 on. */

/**
 * Appends with `ARGV[1]` as the least length to keep; publishes the id, the id before, the channel and the message on `ARGV[2]`, which is no
 * key: clients may put something before those.
 */
const append = `
local function last()
  local entry = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  return entry and entry[1]
end
local function append(channel, message)
  local before = last() or '-'
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'channel', channel, 'message', message)
  redis.call('PUBLISH', ARGV[2], id .. ' ' .. before .. ' ' .. channel .. ' ' .. message)
  return id
end
`

export const logScripts = {
  /** `ARGV[3]`: channel, `ARGV[4]`: message. */
  append: `${append} return append(ARGV[3], ARGV[4])`,
  /**
   * The id of the last entry. `KEYS[2]` holds which run of the server has written the log: another one may not have all that was told.
   * A user that may not ask for it does without.
   */
  end: `${append}
    local info = redis.pcall('INFO', 'server')
    local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
    local before = redis.call('GET', KEYS[2])
    redis.call('SET', KEYS[2], run)
    if not last() or (before and before ~= run) then append('${gapChannel}', '') end
    return last()`,
  /** `ARGV`: id, count. With the entry of the id itself, if it is there. */
  read: `return redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])`,
  /** `ARGV[3]`: instance, `ARGV[4]`: milliseconds. `KEYS[2]` has the time, by the clock of Redis, that each instance has. */
  renew: `${append}
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[4]), ARGV[3])
    if redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now)) > 0 then append('${gapChannel}', '') end`,
  /** `KEYS[1]`: leases. `ARGV`: instance. */
  release: `return redis.call('ZREM', KEYS[1], ARGV[1])`,
}
