import type { Checked, ColumnSelection, NoInclude, Selected } from './include-types'
import type { Create, Item, Row, Update } from './item-types'
import type { FirstOptions, KeyInput } from './query-types'

/** A schema of any library that follows Standard Schema, version 1. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input, readonly output: Output }
  }
}

export type SchemaResult<Output = unknown> = { readonly value: Output, readonly issues?: undefined } | { readonly issues: readonly FormIssue[] }

/** What is wrong with a form; `data.issues` of `RSTORE_INVALID_FORM`. */
export interface FormIssue {
  readonly message: string
  /** The field first, then the way into its value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[]
}

/** Fields of a new row: those that are not filled in are `undefined`. */
// Over `Required`: `-?` would take the `undefined` away again.
export type CreateFields<S, N extends keyof S> = { [K in keyof Required<Create<S, N>>]: Create<S, N>[K] | undefined }
/** Fields of a row that can be changed. */
export type UpdateFields<S, N extends keyof S> = { [K in keyof Update<S, N>]-?: Exclude<Update<S, N>[K], undefined> }

interface FormOptions<Schema, Data> {
  /** Any Standard Schema. What it makes of a field is what is sent. @default types, lengths, ranges and enums of the columns */
  schema?: Schema
  /** Ask the schema before anything is sent. @default true */
  validateOnSubmit?: boolean
  /** Changes what is sent, once it has been validated. */
  transformData?: (data: Data) => Data | Promise<Data>
  /** After a success, fields that are still as they were sent go back to the defaults, or on to the new row. @default true */
  resetOnSuccess?: boolean
}

export interface CreateFormOptions<S, N extends keyof S, Schema = StandardSchema> extends FormOptions<Schema, Create<S, N>> {
  /** Values to begin with, over the literal defaults of the columns. A function is asked again at each reset. */
  defaultValues?: Partial<Create<S, N>> | (() => Partial<Create<S, N>>)
}

export interface UpdateFormOptions<S, N extends keyof S, Schema = StandardSchema, Visible = Row<S, N>, P extends keyof Update<S, N> = keyof Update<S, N>> extends FormOptions<Schema, Update<S, N>> {
  /** The fields of the form, from the row: now, and whenever it changes. @default all that were read and can be set */
  pickDefaults?: (item: Item<S, N, Visible>) => Pick<UpdateFields<S, N>, P>
}

export interface FormState<Fields, Result, Schema> {
  /**
   * Validates and sends the form. While it is on its way, every call gives the same promise.
   * Rejects with the error that is then in `$error`; `RSTORE_INVALID_FORM` is the schema's.
   */
  readonly $submit: () => Promise<Result>
  /** Puts the defaults back, or the row as it is now. */
  readonly $reset: () => void
  readonly $loading: boolean
  /** Why the last submit failed. */
  readonly $error: Error | null
  readonly $schema: Schema
  readonly $hasChanges: () => boolean
  readonly $changedProps: { readonly [K in keyof Fields]?: readonly [value: Fields[K], former: Fields[K]] }
  /** Called with the row after each success, until the component it is called in ends, or the function it gives is called. */
  readonly $onSuccess: (callback: (item: Result) => void) => () => void
  /** The same for submits that fail. */
  readonly $onError: (callback: (error: Error) => void) => () => void
  /** Ends a form made outside of a component: it follows its row no longer. */
  readonly $dispose: () => void
}

/** Its enumerable properties are its fields. Calling it submits it. */
export type Form<Fields, Result, Schema = StandardSchema> = Fields & FormState<Fields, Result, Schema> & (() => Promise<Result>)

export interface FormMethods<S, N extends keyof S> {
  /** A form for a new row. */
  createForm: <Schema extends StandardSchema = StandardSchema<Partial<CreateFields<S, N>>>>(
    options?: CreateFormOptions<S, N, Schema>,
  ) => Form<CreateFields<S, N>, Item<S, N>, Schema>
  /**
   * A form for a row, which it follows: what others change shows in the fields that nobody has touched here.
   * Rejects with `RSTORE_NOT_FOUND` where there is no such row.
   */
  updateForm: <
    const C extends ColumnSelection<Row<S, N>>,
    P extends keyof Update<S, N> = keyof Update<S, N> & keyof Selected<Row<S, N>, C>,
    Schema extends StandardSchema = StandardSchema<Partial<Pick<UpdateFields<S, N>, P>>>,
  >(
    target: KeyInput | (FirstOptions<S, N, C, NoInclude> & Checked<S, N, C, NoInclude>),
    options?: UpdateFormOptions<S, N, Schema, Selected<Row<S, N>, C>, P>,
  ) => Promise<Form<Pick<UpdateFields<S, N>, P>, Item<S, N>, Schema>>
}
