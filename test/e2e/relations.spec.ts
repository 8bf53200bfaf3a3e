import type { Browser, Locator } from 'playwright-core'
import type { App } from './setup/app'
import type { Visit } from './setup/browser'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApp } from './setup/app'
import { expectToast, hold, launchBrowser, visit } from './setup/browser'

let app: App
let browser: Browser
let visitor: Visit
/** Each test has a list of its own, and somebody who does what is in it. */
let list = 0
let name = ''

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchBrowser()])
})
beforeEach(async () => {
  name = `List ${Math.random()}`
  const { lastInsertRowid } = await app.database.execute({ sql: 'insert into lists (name, position) values (?, -1)', args: [name] })
  list = Number(lastInsertRowid)
  for (let i = 1; i <= 7; i++)
    await app.database.execute({ sql: 'insert into todos (list_id, title, assignee_id, created_at) values (?, ?, 1, ?)', args: [list, `Task ${i}`, 1_700_000_000 - i] })
  visitor = await visit(browser, app.url)
  await visitor.goto('/overview')
})
afterEach(async () => {
  expect(visitor.problems).toEqual([])
  await visitor.close()
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

const card = (): Locator => visitor.page.getByRole('region', { name, exact: true })
const tasks = async () => (await card().getByRole('listitem').getByRole('link').allTextContents()).map(text => text.trim())
const expectTasks = (...numbers: number[]) => expect.poll(tasks, { timeout: 15_000 }).toEqual(numbers.map(i => `Task ${i}`))
const open = () => app.column('select title from todos where list_id = ? and completed = 0 order by created_at desc', list)

describe('a tree of rows', () => {
  it('is rendered on the server, with what belongs to what, and asked for no second time', async () => {
    const html = await (await fetch(`${app.url}/overview`)).text()
    expect(html).toContain('Task 5')
    expect(html).not.toContain('Task 6')
    await expectTasks(1, 2, 3, 4, 5)
    const [assignee] = await app.column('select name from users where id = 1')
    expect(await card().getByTitle(String(assignee)).count()).toBe(5)
    expect(visitor.api).toEqual([])
  })

  it('lets a row go where it stands, and fills its list up with the next one', async () => {
    const answers = await hold(visitor.page, 'PATCH')
    await card().getByRole('checkbox', { name: 'Done: Task 2' }).click()
    await expectTasks(1, 3, 4, 5)
    await answers.release()
    await expectTasks(1, 3, 4, 5, 6)
    expect(await card().getByTitle(/./).count()).toBe(5)
    await expect.poll(open).not.toContain('Task 2')
  })
})

describe('a transaction', () => {
  it('is one request, and one step back', async () => {
    const { page, api } = visitor
    const undo = page.getByRole('button', { name: 'Undo' })
    expect(await undo.isDisabled()).toBe(true)
    await page.getByRole('button', { name: `Complete these in ${name}` }).click()
    await expectTasks(6, 7)
    await expect.poll(open).toEqual(['Task 6', 'Task 7'])
    expect(api.filter(request => !request.startsWith('GET'))).toContain('POST /_batch')
    expect(api.some(request => request.startsWith('PATCH'))).toBe(false)

    await undo.click()
    await expectTasks(1, 2, 3, 4, 5)
    await expect.poll(open).toHaveLength(7)
    await page.getByRole('button', { name: 'Redo' }).click()
    await expectTasks(6, 7)
    await expect.poll(open).toEqual(['Task 6', 'Task 7'])
  })

  it('that the server refuses is taken back as a whole, and says why', async () => {
    const { page } = visitor
    await page.context().addCookies([{ name: 'playground-access', value: 'read', url: app.url }])
    await page.getByRole('button', { name: `Complete these in ${name}` }).click()
    await expectToast(page, 'The todos were not completed')
    await expectTasks(1, 2, 3, 4, 5)
    expect(await open()).toHaveLength(7)
    // The browser notes a refused request by itself.
    visitor.problems.splice(0)
  })
})
