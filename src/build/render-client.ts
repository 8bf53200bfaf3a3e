import type { ClientOptions } from '../runtime/client/options'
import type { SchemaModel } from '../runtime/shared/model'
import { banner, literal } from './render'

/** Source of `#rstore-drizzle/client`. */
export function renderClient(schema: SchemaModel, options: ClientOptions): string {
  return [
    banner,
    `export const schema = ${literal(schema)}\n`,
    `export const options = ${literal(options)}\n`,
  ].join('\n')
}
