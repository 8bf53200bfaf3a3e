import type { Rules } from '../../../src/runtime/server/rules/rules'
import type { ServerSchema, ServerSetup, TestServer } from '../../server/support/create-server'
import type { SQL } from 'drizzle-orm'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import type { H3Event } from 'h3'
import { and, eq, inArray, isNull, or, relations, sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createError } from 'h3'
import { createServer } from '../../server/support/create-server'

/*
 * Two tenants. Ada (1) and Ben (2) are in team 1; Eve (1001) has team 1001. All ids of Eve's world are 1001 or 1002, and
 * all of its text says FOREIGN; all hidden values say HIDDEN; rows made later are numbered from 2001. Nothing that Ada is answered may hold either.
 */

export const users = sqliteTable('users', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  email: text().unique(),
  passwordHash: text(),
  isAdmin: integer({ mode: 'boolean' }).notNull().default(false),
})
export const teams = sqliteTable('teams', { id: integer().primaryKey({ autoIncrement: true }), name: text().notNull(), ownerId: integer().notNull() })
export const memberships = sqliteTable('memberships', { teamId: integer().notNull().references(() => teams.id), userId: integer().notNull(), role: text() }, table => [primaryKey({ columns: [table.teamId, table.userId] })])
export const projects = sqliteTable('projects', { id: integer().primaryKey({ autoIncrement: true }), teamId: integer().notNull().references(() => teams.id), name: text().notNull(), slug: text().unique(), budget: text() })
export const todos = sqliteTable('todos', {
  id: integer().primaryKey({ autoIncrement: true }),
  /** Filled in by the database where it is not given: with Eve's team. */
  teamId: integer().notNull().default(1001),
  projectId: integer().references(() => projects.id),
  assigneeId: integer(),
  title: text().notNull(),
  done: integer({ mode: 'boolean' }).notNull().default(false),
  rank: integer(),
  secretNote: text(),
  shout: text().generatedAlwaysAs(sql`upper(title)`),
})
export const tags = sqliteTable('tags', { id: integer().primaryKey({ autoIncrement: true }), teamId: integer().notNull(), label: text().notNull() })
export const todoTags = sqliteTable('todo_tags', { todoId: integer().notNull(), tagId: integer().notNull(), note: text(), secret: text() }, table => [primaryKey({ columns: [table.todoId, table.tagId] })])
/** Without any policy: closed by `requirePolicies`. */
export const audits = sqliteTable('audits', { id: integer().primaryKey({ autoIncrement: true }), what: text() })

const tables = {
  users, teams, memberships, projects, todos, tags, todoTags, audits,
  usersRelations: relations(users, ({ many }) => ({ memberships: many(memberships), assigned: many(todos) })),
  teamsRelations: relations(teams, ({ one, many }) => ({ owner: one(users, { fields: [teams.ownerId], references: [users.id] }), memberships: many(memberships), projects: many(projects), todos: many(todos), tags: many(tags) })),
  membershipsRelations: relations(memberships, ({ one }) => ({ team: one(teams, { fields: [memberships.teamId], references: [teams.id] }), user: one(users, { fields: [memberships.userId], references: [users.id] }) })),
  projectsRelations: relations(projects, ({ one, many }) => ({ team: one(teams, { fields: [projects.teamId], references: [teams.id] }), todos: many(todos) })),
  todosRelations: relations(todos, ({ one, many }) => ({
    team: one(teams, { fields: [todos.teamId], references: [teams.id] }),
    project: one(projects, { fields: [todos.projectId], references: [projects.id] }),
    assignee: one(users, { fields: [todos.assigneeId], references: [users.id] }),
    links: many(todoTags),
  })),
  tagsRelations: relations(tags, ({ one }) => ({ team: one(teams, { fields: [tags.teamId], references: [teams.id] }) })),
  todoTagsRelations: relations(todoTags, ({ one }) => ({ todo: one(todos, { fields: [todoTags.todoId], references: [todos.id] }), tag: one(tags, { fields: [todoTags.tagId], references: [tags.id] }) })),
}

const across: ServerSchema['relations'] = {
  todos: { tags: { to: 'tags', many: true, on: [], through: { collection: 'todoTags', from: [['id', 'todoId']], to: [['tagId', 'id']] } } },
  tags: { todos: { to: 'todos', many: true, on: [], through: { collection: 'todoTags', from: [['id', 'tagId']], to: [['todoId', 'id']] } } },
  users: { teams: { to: 'teams', many: true, on: [], through: { collection: 'memberships', from: [['id', 'userId']], to: [['teamId', 'id']] } } },
  teams: { users: { to: 'users', many: true, on: [], through: { collection: 'memberships', from: [['id', 'teamId']], to: [['userId', 'id']] } } },
}

const ddl = `
  pragma foreign_keys = on;
  create table users (id integer primary key autoincrement, name text not null, email text unique, password_hash text, is_admin integer not null default 0);
  create table teams (id integer primary key autoincrement, name text not null, owner_id integer not null);
  create table memberships (team_id integer not null references teams(id), user_id integer not null, role text, primary key (team_id, user_id));
  create table projects (id integer primary key autoincrement, team_id integer not null references teams(id), name text not null, slug text unique, budget text);
  create table todos (
    id integer primary key autoincrement, team_id integer not null default 1001, project_id integer references projects(id), assignee_id integer, title text not null,
    done integer not null default 0, rank integer, secret_note text, shout text generated always as (upper(title)) virtual
  );
  create table tags (id integer primary key autoincrement, team_id integer not null, label text not null);
  create table todo_tags (todo_id integer not null, tag_id integer not null, note text, secret text, primary key (todo_id, tag_id));
  create table audits (id integer primary key autoincrement, what text);
`

/** Takes all rows away and puts those of both tenants in. Links lead from each tenant to the other, as careless code may leave them. */
export const seed = `
  delete from audits; delete from todo_tags; delete from tags; delete from todos; delete from projects; delete from memberships; delete from teams; delete from users;
  insert into users values (1, 'Ada', 'ada@x', 'HIDDEN', 0), (2, 'Ben', 'ben@x', 'HIDDEN', 0), (1001, 'FOREIGN Eve', 'FOREIGN@x', 'HIDDEN', 0);
  insert into teams values (1, 'Ours', 1), (1001, 'FOREIGN team', 1001);
  insert into memberships values (1, 1, 'owner'), (1, 2, 'member'), (1001, 1001, 'FOREIGN owner');
  insert into projects values (1, 1, 'Roof', 'roof', 'HIDDEN'), (2, 1, 'Cellar', 'cellar', 'HIDDEN'), (1001, 1001, 'FOREIGN plan', 'FOREIGN-slug', 'HIDDEN');
  insert into todos (id, team_id, project_id, assignee_id, title, rank, secret_note) values
    (1, 1, 1, 1, 'tiles', 1, 'HIDDEN'), (2, 1, 1, 2, 'beams', 2, 'HIDDEN'), (3, 1, null, null, 'wine', 3, null), (4, 1, 2, 1001, 'door', null, 'HIDDEN'),
    (1001, 1001, 1001, 1001, 'FOREIGN work', 1, 'HIDDEN'), (1002, 1001, 1, 1, 'FOREIGN work', 2, null);
  insert into tags values (1, 1, 'red'), (2, 1, 'blue'), (1001, 1001, 'FOREIGN tag');
  insert into todo_tags values (1, 1, 'n', 'HIDDEN'), (1, 2, 'n', 'HIDDEN'), (2, 1, null, 'HIDDEN'), (1001, 1001, 'FOREIGN', 'HIDDEN'), (1, 1001, 'FOREIGN', 'HIDDEN'), (1001, 1, 'FOREIGN', 'HIDDEN');
  insert into audits values (1, 'FOREIGN');
  update sqlite_sequence set seq = 2000;
`

export interface Session { userId: number, teams: number[], owned: number[], mates: number[], projects: number[], todos: number[], tags: number[] }

export const collections = {
  users: { hidden: ['passwordHash'], readonly: ['isAdmin'] },
  projects: { hidden: ['budget'] },
  todos: { hidden: ['secretNote'] },
  todoTags: { hidden: ['secret'] },
} satisfies ServerSetup['collections']

/** Who asks is whoever `x-user` says; without it, nobody. `guard` lays down the same rules by policies or by hooks. */
export async function createTenants(guard: 'policies' | 'hooks', setup: ServerSetup = {}): Promise<TestServer> {
  const server = await createServer({ schema: { tables, ddl: ddl + seed, relations: across }, collections, requirePolicies: guard === 'policies', ...setup })
  if (guard === 'policies')
    layPolicies(server.rules as Rules<Session | null>, server.database)
  else
    layHooks(server.rules, server.database)
  return server
}

export async function sessionOf(userId: number, database: LibSQLDatabase): Promise<Session> {
  const own = sql`select team_id from memberships where user_id = ${userId}`
  const list = (from: SQL) => sql`(select json_group_array(id) from (${from}))`
  const inTeams = (table: SQL) => list(sql`select id from ${table} where team_id in (${own})`)
  const row = await database.get<Record<keyof Session, string>>(sql`select
    ${list(sql`select team_id as id from memberships where user_id = ${userId}`)} as teams, ${list(sql`select id from teams where owner_id = ${userId}`)} as owned,
    ${list(sql`select user_id as id from memberships where team_id in (${own})`)} as mates,
    ${inTeams(sql`projects`)} as projects, ${inTeams(sql`todos`)} as todos, ${inTeams(sql`tags`)} as tags`)
  const ids = (name: keyof Session) => JSON.parse(row[name]) as number[]
  return { userId, teams: ids('teams'), owned: ids('owned'), mates: [userId, ...ids('mates')], projects: ids('projects'), todos: ids('todos'), tags: ids('tags') }
}

function userOf(headers: Headers): number {
  return Number(headers.get('x-user') ?? 0)
}

function layPolicies(rules: Rules<Session | null>, database: LibSQLDatabase): void {
  rules.setSession(({ headers }) => userOf(headers) ? sessionOf(userOf(headers), database) : null)
  rules.policyForTable(users, {
    read: ({ session }, { inArray }) => !!session && inArray('id', session.mates),
    update: ({ session }, { eq }) => !!session && eq('id', session.userId),
  })
  rules.policyForTable(teams, {
    read: ({ session }, { inArray, eq, or }) => !!session && or(inArray('id', session.teams), eq('ownerId', session.userId))!,
    create: ({ session }, { eq }) => !!session && eq('ownerId', session.userId),
    update: ({ session }, { eq }) => !!session && eq('ownerId', session.userId),
    delete: ({ session }, { eq }) => !!session && eq('ownerId', session.userId),
  })
  rules.policyForTable(memberships, {
    read: ({ session }, { inArray }) => !!session && inArray('teamId', session.teams),
    // Whoever could take in the other tenant's people would see them then.
    create: ({ session, item }) => !!session && session.owned.includes(item.teamId!) && item.userId! < 1000,
    update: ({ session }, { inArray }) => !!session && inArray('teamId', session.owned),
    delete: ({ session }, { inArray }) => !!session && inArray('teamId', session.owned),
  })
  for (const table of [projects, tags]) {
    const ours = ({ session }: { session: Session | null }, { inArray }: { inArray: (field: 'teamId', values: number[]) => { operator: string } }) => !!session && inArray('teamId', session.teams)
    rules.policyForTable(table, { read: ours, create: ours, update: ours, delete: ours })
  }
  rules.policyForTable(todos, {
    read: ({ session }, { inArray }) => !!session && inArray('teamId', session.teams),
    create: ({ session }, { inArray, and, or, isNull }) => !!session && and(inArray('teamId', session.teams), or(isNull('projectId'), inArray('projectId', session.projects)))!,
    update: ({ session }, { inArray, or, isNull }) => !!session && or(isNull('projectId'), inArray('projectId', session.projects))!,
    delete: ({ session }, { inArray }) => !!session && inArray('teamId', session.teams),
  })
  const linked: Parameters<typeof rules.policyForTable<typeof todoTags>>[1]['read'] = ({ session }, { inArray, and }) => !!session && and(inArray('todoId', session.todos), inArray('tagId', session.tags))!
  rules.policyForTable(todoTags, { read: linked, create: linked, update: linked, delete: linked })
}

type AnyHooks = Record<string, (payload: { event: H3Event, body: Record<string, unknown>, transformQuery: (transform: (q: { where: (condition: unknown) => never }) => undefined) => void }) => Promise<void>>

/** What an app would write without policies: conditions on what is read, changed and deleted, and checks of bodies. */
function layHooks(rules: Rules<unknown>, database: LibSQLDatabase): void {
  const sessions = new WeakMap<H3Event, Promise<Session>>()
  const sessionFor = (event: H3Event) => {
    let session = sessions.get(event)
    if (!session)
      sessions.set(event, session = sessionOf(userOf(event.headers), database))
    return session
  }
  const forbid = () => {
    throw createError({ statusCode: 403, statusMessage: 'Not yours' })
  }
  type Check = (body: Record<string, unknown>, session: Session, isNew: boolean) => boolean
  function guard(table: Parameters<typeof rules.hooksForTable>[0], reach: (session: Session) => unknown, change: (session: Session) => unknown, check: Check): void {
    const narrow = (condition: (session: Session) => unknown): AnyHooks[string] => async ({ event, transformQuery }) => {
      const session = await sessionFor(event)
      transformQuery(q => void q.where(condition(session)))
    }
    const hooks: AnyHooks = {
      'index.get.before': narrow(reach),
      'item.get.before': narrow(reach),
      'item.delete.before': narrow(change),
      'index.post.before': async ({ event, body }) => void (check(body, await sessionFor(event), true) || forbid()),
      'item.patch.before': async (payload) => {
        if (!check(payload.body, await sessionFor(payload.event), false))
          forbid()
        await narrow(change)(payload)
      },
    }
    rules.hooksForTable(table, hooks as never)
  }
  const has = (list: number[], value: unknown, isNew: boolean) => value === undefined ? !isNew : list.includes(value as number)
  guard(users, session => inArray(users.id, session.mates), session => eq(users.id, session.userId), (_, __, isNew) => !isNew)
  guard(teams, session => or(inArray(teams.id, session.teams), eq(teams.ownerId, session.userId)), session => eq(teams.ownerId, session.userId), (body, session, isNew) => has([session.userId], body.ownerId, isNew))
  guard(memberships, session => inArray(memberships.teamId, session.teams), session => inArray(memberships.teamId, session.owned), (body, session, isNew) => has(session.owned, body.teamId, isNew) && (body.userId === undefined || (body.userId as number) < 1000))
  for (const table of [projects, tags])
    guard(table, session => inArray(table.teamId, session.teams), session => inArray(table.teamId, session.teams), (body, session, isNew) => has(session.teams, body.teamId, isNew))
  guard(todos, session => inArray(todos.teamId, session.teams), session => and(inArray(todos.teamId, session.teams), or(isNull(todos.projectId), inArray(todos.projectId, session.projects))), (body, session, isNew) =>
    has(session.teams, body.teamId, isNew) && (body.projectId == null || session.projects.includes(body.projectId as number)))
  const linked = (session: Session) => and(inArray(todoTags.todoId, session.todos), inArray(todoTags.tagId, session.tags))
  guard(todoTags, linked, linked, (body, session, isNew) => has(session.todos, body.todoId, isNew) && has(session.tags, body.tagId, isNew))
  guard(audits, () => sql`1 = 0`, () => sql`1 = 0`, () => false)
}

/** All that is stored, for comparison. */
export async function snapshot({ client }: TestServer): Promise<Record<string, Record<string, unknown>[]>> {
  const tables = ['users', 'teams', 'memberships', 'projects', 'todos', 'tags', 'todo_tags', 'audits']
  return Object.fromEntries(await Promise.all(tables.map(async table => [table, (await client.execute(`select * from ${table} order by 1, 2`)).rows.map(row => ({ ...row }))])))
}

/** What an answer holds and must not: rows of the other tenant, and hidden columns. Errors repeat what was sent. */
export function leaks(answer: unknown, path = ''): string[] {
  if (typeof answer === 'string')
    return /FOREIGN|HIDDEN/.test(answer) ? [path] : []
  if (typeof answer !== 'object' || answer === null)
    return []
  return Object.entries(answer).flatMap(([name, value]) => {
    if (/^(?:passwordHash|budget|secretNote|secret)$/.test(name))
      return [`${path}.${name}`]
    if (/^(?:id|teamId|projectId|todoId|tagId)$/.test(name) && isForeignId(value))
      return [`${path}.${name}=${value}`]
    return leaks(value, `${path}.${name}`)
  })
}

export function isForeignId(value: unknown): boolean {
  return value === 1001 || value === 1002
}
