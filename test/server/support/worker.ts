// To VueUse, Node is neither browser nor worker: it would not connect. Imported before it.
(globalThis as { WorkerGlobalScope?: unknown }).WorkerGlobalScope = Object

export {}
