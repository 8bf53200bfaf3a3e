import type { Row } from '../../shared/model'
import type { CollectionContext } from '../collection-context'
import type { CollectionApi } from '../feature'
import type { FormOptions } from './form'
import { reviveValue } from '../../shared/codec'
import { createFormCore, editableFields } from './form'
import { noField } from './form-object'
import { cloneFields } from './values'

export interface CreateFormOptions extends FormOptions {
  defaultValues?: Row | (() => Row)
}

/** A form for a row that is yet to be. */
export function createForm(api: CollectionApi, context: CollectionContext, options: CreateFormOptions = {}): Row {
  const { model } = context.collection
  const { defaultValues, transformData = (data: Row) => data, resetOnSuccess = true } = options
  const fields = editableFields(context)

  function defaults(): Row {
    const given = typeof defaultValues === 'function' ? defaultValues() : defaultValues ?? {}
    const unknown = Object.keys(given).find(field => !fields.includes(field))
    if (unknown !== undefined)
      throw noField(model.name, unknown)
    return cloneFields(Object.fromEntries(fields.map((field) => {
      const column = model.columns[field]!
      const literal = typeof column.default === 'object' ? reviveValue(column.default.value, column) : undefined
      return [field, given[field] === undefined ? literal : given[field]]
    })))
  }

  const core = createFormCore(context, options, {
    initial: defaults(),
    isUpdate: false,
    defaults,
    send: async (values) => {
      const given = fields.filter(field => values[field] !== undefined).map(field => [field, values[field]])
      return api.create(await transformData(Object.fromEntries(given) as Row))
    },
    settle: (row, submitted) => {
      if (row && resetOnSuccess)
        core.rebase(defaults(), submitted)
    },
  })
  return core.form
}
