import type { Browser, Request } from 'playwright-core'
import type { App } from './setup/app'
import type { Visit } from './setup/browser'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApp } from './setup/app'
import { launchBrowser, visit } from './setup/browser'

let app: App
let browser: Browser
let visitor: Visit
let writes: Request[] = []

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchBrowser()])
})
beforeEach(async () => {
  visitor = await visit(browser, app.url)
  writes = []
  visitor.page.on('request', request => request.method() !== 'GET' && request.url().includes('/api/rstore') && writes.push(request))
})
afterEach(async () => {
  await visitor?.close()
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

describe('a form for a row', () => {
  let list = 0
  let id = 0

  beforeEach(async () => {
    const insert = async (sql: string, ...args: (string | number)[]) => Number((await app.database.execute({ sql, args })).lastInsertRowid)
    list = await insert('insert into lists (name) values (?)', `List ${Math.random()}`)
    id = await insert('insert into todos (list_id, title, created_at) values (?, ?, ?)', list, 'First', 1_700_000_000)
    await insert('insert into todos (list_id, title, created_at) values (?, ?, ?)', list, 'Second', 1_700_000_000)
    await visitor.goto(`/todos/${id}`)
  })

  async function open() {
    const { page } = visitor
    await page.getByRole('button', { name: 'Edit all fields' }).click()
    const dialog = page.getByRole('dialog')
    return { page, dialog, title: dialog.getByLabel('Title'), save: dialog.getByRole('button', { name: 'Save' }) }
  }

  it('opens without a request, sends what was changed, and closes', async () => {
    const asked = visitor.api.length
    const { dialog, title, save } = await open()
    expect(await title.inputValue()).toBe('First')
    expect(visitor.api).toHaveLength(asked)
    await title.fill('Other')
    await dialog.getByLabel('Due').fill('2027-01-31')
    expect(await dialog.getByRole('button', { name: 'Save 2 changes' }).isVisible()).toBe(true)
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    expect(writes.map(request => [request.method(), request.postDataJSON() as unknown])).toEqual([['PATCH', { title: 'Other', dueAt: '2027-01-31T00:00:00.000Z' }]])
    expect(await app.column('select title from todos where id = ?', id)).toEqual(['Other'])
    expect(visitor.problems).toEqual([])
  })

  it('shows what others change, except where somebody has typed', async () => {
    const { page, dialog, title, save } = await open()
    await title.fill('Mine')
    await page.evaluate(id => (window as unknown as { useNuxtApp: () => { $rstore: { todos: { writeItem: (row: object) => object, peekFirst: (id: number) => object } } } })
      .useNuxtApp().$rstore.todos.writeItem({ id, title: 'Theirs', completed: true }), id)
    await expect.poll(() => dialog.getByRole('checkbox', { name: 'Done' }).isChecked()).toBe(true)
    expect(await title.inputValue()).toBe('Mine')
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    expect(writes.map(request => request.postDataJSON() as unknown)).toEqual([{ title: 'Mine' }])
  })

  it('keeps what was typed where the server refuses it, and goes back on request', async () => {
    const { dialog, title, save } = await open()
    await title.fill('Second')
    await save.click()
    await dialog.getByText('The todo was not saved').waitFor()
    expect(await dialog.getByText('A row of "todos" with this').isVisible()).toBe(true)
    expect(await title.inputValue()).toBe('Second')
    await dialog.getByRole('button', { name: 'Undo changes' }).click()
    expect(await title.inputValue()).toBe('First')
    expect(await dialog.getByText('The todo was not saved').count()).toBe(0)
  })
})

describe('a form for a new row', () => {
  it('says at each field what is wrong, creates the row, and begins anew', async () => {
    const { page } = visitor
    await visitor.goto('/people')
    const dialog = page.getByRole('dialog')
    const opener = page.getByRole('button', { name: 'Add a person' })
    await opener.click()
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await expect.poll(() => dialog.getByText('Must be given.').count()).toBe(2)
    expect(writes).toEqual([])

    const name = `Ann ${Math.random()}`
    await dialog.getByLabel('Name').fill(name)
    await dialog.getByLabel('Email').fill(`${Math.random()}@example.com`)
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('list', { name: 'People' }).getByText(name).waitFor()
    expect(await app.column('select role from users where name = ?', name)).toEqual(['Engineering'])

    await opener.click()
    expect(await dialog.getByLabel('Name').inputValue()).toBe('')
    expect(visitor.problems).toEqual([])
  })
})
