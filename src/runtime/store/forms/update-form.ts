import type { Ref } from 'vue'
import type { Row } from '../../shared/model'
import type { CollectionContext } from '../collection-context'
import type { CollectionApi } from '../feature'
import type { FormOptions } from './form'
import { effectScope, shallowRef, watch } from 'vue'
import { RstoreError } from '../../shared/errors'
import { firstOptions } from '../plan'
import { createFormCore, editableFields } from './form'

export interface UpdateFormOptions extends FormOptions {
  pickDefaults?: (row: Row) => Row
}

/** A form for a row that is there, which it follows. */
export async function updateForm(api: CollectionApi, context: CollectionContext, target: unknown, options: UpdateFormOptions = {}): Promise<Row> {
  const { collection: { model }, isServer } = context
  const { pickDefaults = (row: Row) => row, transformData = (data: Row) => data, resetOnSuccess = true } = options
  // Within the scope of the component, which is not known any more once the row has arrived.
  const scope = effectScope()
  const { columns } = firstOptions(target)
  const wanted = columns && (Array.isArray(columns) ? columns : Object.entries(columns).filter(([, is]) => is).map(([field]) => field)) as string[]
  const fields = editableFields(context).filter(field => !wanted || wanted.includes(field))

  let row = await api.findFirst(target) as Row
  if (!row)
    throw new RstoreError('RSTORE_NOT_FOUND', `There is no such row in "${model.name}" to make a form of.`, { collection: model.name, statusCode: 404 })
  const key = shallowRef(context.collection.keyOf(row))

  function pick(): Row {
    const picked = pickDefaults(row)
    return Object.fromEntries(fields.filter(field => field in picked).map(field => [field, picked[field]]))
  }

  /** The row has changed; while the form is being sent, that may be what the form has changed itself. */
  function follow(next: Row | undefined): void {
    if (!next || core.isPending())
      return
    row = next
    core.rebase(pick())
  }

  const core = createFormCore(context, options, {
    initial: pick(),
    isUpdate: true,
    send: async (values, changed) => {
      const patch = Object.fromEntries(changed.map(field => [field, values[field] ?? null]))
      return changed.length === 0 ? row : api.update(await transformData(patch), { key: key.value })
    },
    settle: (answer, submitted) => {
      row = answer ?? shown?.value ?? row
      key.value = context.collection.keyOf(row)
      core.rebase(pick(), answer && resetOnSuccess ? submitted : undefined)
    },
    dispose: () => scope.stop(),
  })

  // The cache alone: a row that is gone is no reason to ask for it, and leaves the form as it is.
  const shown = isServer || !scope.active
    ? undefined
    : scope.run(() => {
        const { data } = api.query(q => q.first({ key: key.value, columns, fetchPolicy: 'cache-only' })) as { data: Ref<Row | undefined> }
        watch(data, follow, { flush: 'sync', immediate: true })
        return data
      })
  return core.form
}
