import type { World } from './suite'
import { it } from 'vitest'

/** Hooks and policies: that they hold on every driver, whatever their code does with the database meanwhile. */
export function rules(_world: World): void {
  // Room for both. A server with rules of its own is another `serve()` over `world.connection.drizzle({ casing: 'snake_case' })`.
  it.todo('hooks')
  it.todo('policies')
}
