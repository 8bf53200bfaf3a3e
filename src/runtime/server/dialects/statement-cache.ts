/** Most statements that are kept for one database instance. */
const maxStatements = 500

/** Statements by database instance and key; those that were not used for longest make room. */
export class StatementCache<T> {
  #instances = new WeakMap<object, Map<string, T>>()

  /** `make` is called where the statement is not there. */
  get(instance: object, key: string, make: () => T): T {
    let statements = this.#instances.get(instance)
    if (!statements)
      this.#instances.set(instance, statements = new Map())
    let statement = statements.get(key)
    if (statement === undefined) {
      statement = make()
      if (statements.size >= maxStatements)
        statements.delete(statements.keys().next().value!)
    }
    else {
      statements.delete(key)
    }
    statements.set(key, statement)
    return statement
  }
}
