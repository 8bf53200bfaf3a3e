type Store = ReturnType<typeof useStore>

export type Todo = ReturnType<Store['todos']['peekMany']>[number]
export type List = ReturnType<Store['lists']['peekMany']>[number]
export type User = ReturnType<Store['users']['peekMany']>[number]
