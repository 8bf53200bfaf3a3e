import type { Row } from '../../shared/model'
import { RstoreError } from '../../shared/errors'
import { clone } from './values'

export interface FormParts {
  collection: string
  /** The names of the fields, fixed for good. */
  fields: readonly string[]
  read: (field: string) => unknown
  write: (field: string, value: unknown) => void
  /** What the form has besides its fields. Without a prototype. */
  own: { $submit: () => Promise<Row> }
}

/**
 * The form as a component sees it: an object of its fields that submits when it is called. What else
 * it has is not enumerable, so that spreading it gives the values and nothing more.
 */
export function createFormObject({ collection, fields, read, write, own }: FormParts): Row {
  const isField = (key: PropertyKey): boolean => fields.includes(key as string)
  const change = (key: PropertyKey, value: unknown): boolean => {
    if (!isField(key))
      throw noField(collection, String(key))
    write(key as string, value)
    return true
  }
  // Not an ordinary function: its `prototype` could not be hidden.
  const submit = () => own.$submit()

  return new Proxy(submit, {
    get(target, key) {
      if (isField(key))
        return read(key as string)
      // `watch(form, …)` would call a mere function, and looks here at an object before it waits for a change of it.
      if (key === '__v_isShallow')
        return void fields.forEach(field => clone(read(field)))
      return key === '__v_isReactive' || Reflect.get(key in own ? own : target, key)
    },
    set: (_, key, value) => change(key, value),
    deleteProperty: (_, key) => change(key, undefined),
    has: (target, key) => isField(key) || key in own || key in target,
    ownKeys: () => fields,
    getOwnPropertyDescriptor: (target, key) => isField(key)
      ? { value: read(key as string), writable: true, enumerable: true, configurable: true }
      : Reflect.getOwnPropertyDescriptor(target, key),
    // The fields are not properties of the target, so it has to stay open.
    preventExtensions: () => false,
  }) as unknown as Row
}

export function noField(collection: string, field: string): RstoreError {
  return new RstoreError('RSTORE_UNKNOWN_COLUMN', `A form for "${collection}" has no field "${field}".`, { field, collection })
}
