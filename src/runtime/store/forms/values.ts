/** A copy that may be edited in place. What is neither plain data, a date nor bytes stays the same object. */
export function clone(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(clone)
  if (value instanceof Date)
    return new Date(value)
  if (value instanceof Uint8Array)
    return value.slice()
  return isPlain(value) ? cloneFields(value) : value
}

export function cloneFields(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, clone(value)]))
}

/** Whether two values are the same, whatever objects they are. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b)
    return true
  if (a instanceof Date)
    return b instanceof Date && a.getTime() === b.getTime()
  if (a instanceof Uint8Array)
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
  return isPlain(a) && isPlain(b) && sameKeys(a, b) && sameKeys(b, a)
}

/** Whether all that `a` has is in `b`. JSON does not know `undefined`. */
function sameKeys(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return Object.entries(a).every(([key, value]) => value === undefined || (Object.hasOwn(b, key) && equal(value, b[key])))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null)
    return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
