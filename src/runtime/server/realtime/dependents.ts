import type { SchemaModel } from '../../shared/model'

/** By collection: those whose rows the database deletes or changes itself where one of its rows is deleted, directly or along a chain. */
export function dependentsOf({ collections }: SchemaModel): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = new Map<string, { name: string, deletes: boolean }[]>()
  for (const { name, foreignKeys } of Object.values(collections)) {
    for (const { to, onDelete } of foreignKeys) {
      if (onDelete === 'cascade' || onDelete === 'set null' || onDelete === 'set default')
        direct.set(to, [...direct.get(to) ?? [], { name, deletes: onDelete === 'cascade' }])
    }
  }
  return new Map(Object.keys(collections).map((name) => {
    const found = new Set<string>()
    const deleted = new Set([name])
    for (const one of deleted) {
      for (const { name, deletes } of direct.get(one) ?? []) {
        found.add(name)
        if (deletes)
          deleted.add(name)
      }
    }
    return [name, found]
  }))
}
