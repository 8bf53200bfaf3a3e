import type { Row } from '../../shared/model'
import type { CollectionContext } from '../collection-context'
import type { StandardSchema } from '../form-types'
import { reactive, ref, shallowRef } from 'vue'
import { createEvent } from './event'
import { createFormObject } from './form-object'
import { columnSchema, loadChecks } from './schema'
import { clone, cloneFields, equal } from './values'

/** Options of a form as the app gives them; `form-types.ts` says the same with the types of each collection. */
export interface FormOptions {
  schema?: StandardSchema
  validateOnSubmit?: boolean
  transformData?: (data: Row) => Row | Promise<Row>
  resetOnSuccess?: boolean
}

/** What tells one kind of form from the other. */
export interface FormKind {
  /** Its fields are those of the form for good. */
  initial: Row
  /** The row is there already: a field without a value is NULL. */
  isUpdate: boolean
  /** Sends what has been validated. */
  send: (values: Row, changed: readonly string[]) => Promise<Row>
  /** The server has answered with a row, or not as one would wish. */
  settle: (row: Row | undefined, submitted: Row) => void
  /** Where `$reset` goes. @default the values that the form is compared with */
  defaults?: () => Row
  dispose?: () => void
}

/** The values of a form, what they are compared with, and the way to the server. */
export function createFormCore({ collection: { model }, references, isServer }: CollectionContext, { schema, validateOnSubmit = true }: FormOptions, kind: FormKind) {
  const { isUpdate } = kind
  const fields = Object.keys(kind.initial)
  const base = shallowRef(kind.initial)
  const values = reactive(cloneFields(kind.initial))
  const loading = ref(false)
  const error = shallowRef<Error | null>(null)
  const success = createEvent<Row>()
  const failure = createEvent<Error>()
  let pending: Promise<Row> | undefined

  // A key that was temporary when it was chosen is the real one as soon as there is one.
  const { resolve } = references
  const read = (field: string) => resolve(field, values[field])
  const isChanged = (field: string, value: unknown) => {
    const former = resolve(field, base.value[field])
    return !(isUpdate ? equal(value ?? null, former ?? null) : equal(value, former))
  }
  const changed = () => fields.filter(field => isChanged(field, read(field)))
  const put = (field: string, value: unknown) => {
    if (!equal(values[field], value))
      values[field] = clone(value)
  }

  function submit(): Promise<Row> {
    const submitted = Object.fromEntries(fields.map(field => [field, clone(read(field))]))
    const end = (row?: Row) => {
      try {
        kind.settle(row, submitted)
      }
      finally {
        pending = undefined
        loading.value = false
      }
    }
    loading.value = true
    error.value = null
    return send(submitted).then((row) => {
      end(row)
      success.emit(row)
      return row
    }, (reason: Error) => {
      error.value = reason
      end()
      failure.emit(reason)
      throw reason
    })
  }

  async function send(submitted: Row): Promise<Row> {
    const data = validateOnSubmit ? await (await loadChecks()).validate(own.$schema, submitted, model.name) : submitted
    return kind.send(data, fields.filter(field => isChanged(field, submitted[field])))
  }

  /** Other values to compare with. Fields that are untouched, or as they were `submitted`, take them over. */
  function rebase(next: Row, submitted?: Row): void {
    for (const field of fields) {
      if (!isChanged(field, read(field)) || (submitted && equal(read(field), submitted[field])))
        put(field, next[field])
    }
    base.value = next
  }

  const own = {
    __proto__: null,
    $schema: schema ?? columnSchema({
      model,
      fields,
      isUpdate,
      resolve,
      isExempt: (field, value) => (isUpdate && !isChanged(field, value)) || field in references.waiting({ [field]: value }),
    }),
    $submit: () => pending ??= submit(),
    $reset: () => {
      base.value = kind.defaults?.() ?? base.value
      error.value = null
      for (const field of fields)
        put(field, base.value[field])
    },
    get $loading() { return loading.value },
    get $error() { return error.value },
    $hasChanges: () => changed().length > 0,
    get $changedProps() {
      return Object.fromEntries(changed().map(field => [field, [read(field), base.value[field]]]))
    },
    $onSuccess: success.on,
    $onError: failure.on,
    $dispose: () => {
      kind.dispose?.()
      success.clear()
      failure.clear()
    },
    toJSON: () => Object.fromEntries(fields.map(field => [field, read(field)])),
  }
  // They are asked for at the end, when there is no time to wait.
  if (validateOnSubmit && !isServer)
    loadChecks().catch(() => undefined)

  const form = createFormObject({
    collection: model.name,
    fields,
    read,
    write: (field, value) => {
      values[field] = value
    },
    own,
  })
  return { form, rebase, isPending: () => pending !== undefined }
}

/** The columns that can be set. */
export function editableFields({ collection: { model } }: CollectionContext): string[] {
  return Object.keys(model.columns).filter((field) => {
    const { generated, readonly } = model.columns[field]!
    return !generated && !readonly
  })
}
