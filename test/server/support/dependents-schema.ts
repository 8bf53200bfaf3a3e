import type { Dialect } from '../../../src/runtime/shared/model'
import * as mysql from 'drizzle-orm/mysql-core'
import * as pg from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'

/** Foreign keys of all kinds, which are the same on every database. */
export function dependentsSchema(dialect: Dialect) {
  const { table, text, number, foreignKey, primaryKey } = builders[dialect]
  const teams = table('teams', { id: text().primaryKey(), slug: text().unique() })
  const projects = table('projects', { id: text().primaryKey(), team: text().references(() => teams.id, { onDelete: 'cascade' }) })
  const tasks = table('tasks', { id: text().primaryKey(), project: text().references(() => projects.id, { onDelete: 'cascade' }), secret: text() })
  const notes = table('notes', { id: text().primaryKey(), task: text().references(() => tasks.id, { onDelete: 'set null' }), words: text() })
  const badges = table('badges', { id: text().primaryKey(), slug: text().unique().references(() => teams.slug, { onDelete: 'set null', onUpdate: 'cascade' }) })
  const pins = table('pins', { id: text().primaryKey(), slug: text().references(() => badges.slug, { onDelete: 'cascade', onUpdate: 'cascade' }) })
  const rooms = table('rooms', { building: text(), no: number() }, table => [primaryKey({ columns: [table.building, table.no] })])
  const bookings = table('bookings', { id: text().primaryKey(), building: text(), no: number() }, table => [
    foreignKey({ columns: [table.building, table.no], foreignColumns: [rooms.building, rooms.no] }).onDelete('cascade'),
  ])
  const folders = table('folders', { id: text().primaryKey(), parent: text() }, table => [foreignKey({ columns: [table.parent], foreignColumns: [table.id] }).onDelete('cascade')])
  const people = table('people', {
    id: text().primaryKey(),
    partner: text().references((): sqlite.AnySQLiteColumn => people.id, { onDelete: 'set null' }),
    pet: text().references((): sqlite.AnySQLiteColumn => pets.id, { onDelete: 'cascade' }),
  })
  const pets = table('pets', { id: text().primaryKey(), owner: text().references(() => people.id, { onDelete: 'cascade' }) })
  return { teams, projects, tasks, notes, badges, pins, rooms, bookings, folders, people, pets }
}

export function dependentsDdl(dialect: Dialect): string[] {
  const petOf = 'foreign key (pet) references pets (id) on delete cascade'
  return [
    'create table teams (id varchar(50) primary key, slug varchar(50) unique)',
    'create table projects (id varchar(50) primary key, team varchar(50), foreign key (team) references teams (id) on delete cascade)',
    'create table tasks (id varchar(50) primary key, project varchar(50), secret varchar(50), foreign key (project) references projects (id) on delete cascade)',
    'create table notes (id varchar(50) primary key, task varchar(50), words varchar(50), foreign key (task) references tasks (id) on delete set null)',
    'create table badges (id varchar(50) primary key, slug varchar(50) unique, foreign key (slug) references teams (slug) on delete set null on update cascade)',
    'create table pins (id varchar(50) primary key, slug varchar(50), foreign key (slug) references badges (slug) on delete cascade on update cascade)',
    'create table rooms (building varchar(50), no int, primary key (building, no))',
    'create table bookings (id varchar(50) primary key, building varchar(50), no int, foreign key (building, no) references rooms (building, no) on delete cascade)',
    'create table folders (id varchar(50) primary key, parent varchar(50), foreign key (parent) references folders (id) on delete cascade)',
    `create table people (id varchar(50) primary key, partner varchar(50), pet varchar(50), foreign key (partner) references people (id) on delete set null${dialect === 'sqlite' ? `, ${petOf}` : ''})`,
    'create table pets (id varchar(50) primary key, owner varchar(50), foreign key (owner) references people (id) on delete cascade)',
    ...dialect === 'sqlite' ? ['pragma foreign_keys = on'] : [`alter table people add ${petOf}`],
  ]
}

const sqliteBuilders = { table: sqlite.sqliteTable, text: () => sqlite.text(), number: () => sqlite.integer(), foreignKey: sqlite.foreignKey, primaryKey: sqlite.primaryKey }
type Builders = typeof sqliteBuilders

/** Their types are those of one dialect; what is done with them here all of them can. */
const builders: Record<Dialect, Builders> = {
  sqlite: sqliteBuilders,
  postgresql: { table: pg.pgTable, text: () => pg.text(), number: () => pg.integer(), foreignKey: pg.foreignKey, primaryKey: pg.primaryKey } as unknown as Builders,
  mysql: { table: mysql.mysqlTable, text: () => mysql.varchar({ length: 50 }), number: () => mysql.int(), foreignKey: mysql.foreignKey, primaryKey: mysql.primaryKey } as unknown as Builders,
}
