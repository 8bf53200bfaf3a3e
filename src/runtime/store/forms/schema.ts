import type { CollectionModel } from '../../shared/model'
import type { StandardSchema } from '../form-types'

/** What the schema of a form's columns has to know of the form. */
export interface CheckedForm {
  model: CollectionModel
  fields: readonly string[]
  /** A field without a value will be set to NULL. */
  isUpdate: boolean
  /** The value that the field is going to be sent with. */
  resolve: (field: string, value: unknown) => unknown
  /** The value is not sent, or is not known yet. */
  isExempt: (field: string, value: unknown) => boolean
}

/** What the columns of a form take. The checks are loaded with the first form, apart from it. */
export function columnSchema(form: CheckedForm): StandardSchema {
  return {
    '~standard': {
      version: 1,
      vendor: 'nuxt-rstore-drizzle',
      validate: async values => (await loadChecks()).checkFields(values, form),
    },
  }
}

export const loadChecks = () => import('./checks')
