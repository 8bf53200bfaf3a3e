import type { Feature } from '../feature'
import type { CreateFormOptions } from './create-form'
import type { UpdateFormOptions } from './update-form'
import { createForm } from './create-form'
import { updateForm } from './update-form'

/** `createForm` and `updateForm` of every collection that can be written. */
export const forms: Feature = {
  extend: (api, context) => context.collection.model.readonly
    ? {}
    : {
        createForm: (options?: CreateFormOptions) => createForm(api, context, options),
        updateForm: (target: unknown, options?: UpdateFormOptions) => updateForm(api, context, target, options),
      },
}
