import type { StoreItem } from '#rstore-drizzle/types'

export type Todo = StoreItem<'todos'>
export type List = StoreItem<'lists'>
export type User = StoreItem<'users'>
