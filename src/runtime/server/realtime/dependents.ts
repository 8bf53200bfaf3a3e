import type { ForeignKeyModel, SchemaModel } from '../../shared/model'

/**
 * By collection: those whose rows the database may delete or change itself where one of its rows is deleted or changed, directly or along a
 * chain. For changes that nobody has looked into; it errs on the side of too many.
 */
export function dependentsOf({ collections }: SchemaModel): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = new Map<string, { name: string, goesOn: boolean }[]>()
  for (const { name, foreignKeys } of Object.values(collections)) {
    for (const { to, onDelete, onUpdate } of foreignKeys) {
      if (acts(onDelete) || acts(onUpdate))
        direct.set(to, [...direct.get(to) ?? [], { name, goesOn: onDelete === 'cascade' || acts(onUpdate) }])
    }
  }
  return new Map(Object.keys(collections).map((name) => {
    const found = new Set<string>()
    const changed = new Set([name])
    for (const one of changed) {
      for (const { name, goesOn } of direct.get(one) ?? []) {
        found.add(name)
        if (goesOn)
          changed.add(name)
      }
    }
    return [name, found]
  }))
}

function acts(action: ForeignKeyModel['onDelete']): boolean {
  return action === 'cascade' || action === 'set null' || action === 'set default'
}
