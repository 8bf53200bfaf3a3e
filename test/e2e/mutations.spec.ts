import type { Browser } from 'playwright-core'
import type { App } from './setup/app'
import type { Visit } from './setup/browser'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApp } from './setup/app'
import { expectTitles, expectToast, hold, launchBrowser, rowOf, titles, visit } from './setup/browser'

let app: App
let browser: Browser
let visitor: Visit
/** Each test has a list of its own. */
let list = 0

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchBrowser()])
})
beforeEach(async () => {
  const { lastInsertRowid } = await app.database.execute({ sql: 'insert into lists (name) values (?)', args: [`List ${Math.random()}`] })
  list = Number(lastInsertRowid)
  for (const [i, title] of ['First', 'Second', 'Third'].entries())
    await app.database.execute({ sql: 'insert into todos (list_id, title, created_at) values (?, ?, ?)', args: [list, title, 1_700_000_000 - i] })
  visitor = await visit(browser, app.url)
  await visitor.goto(`/lists/${list}`)
})
afterEach(async () => {
  await visitor?.close()
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

const stored = () => app.column('select title from todos where list_id = ? order by created_at desc, id desc', list)

async function refuseWrites(): Promise<void> {
  await visitor.page.context().addCookies([{ name: 'playground-access', value: 'read', url: app.url }])
}

async function expectReload(wanted: string[]): Promise<void> {
  await visitor.goto(`/lists/${list}`)
  expect(await titles(visitor.page)).toEqual(wanted)
}

describe('create', () => {
  it('shows the row before the server answers, then stores it', async () => {
    const { page } = visitor
    const server = await hold(page, 'POST')
    await page.getByLabel('Title of the new todo').fill('Fourth')
    await page.keyboard.press('Enter')
    await expectTitles(page, ['Fourth', 'First', 'Second', 'Third'])
    await expect.poll(server.waiting).toBe(1)
    expect(await rowOf(page, 'Fourth').getAttribute('data-optimistic')).toBe('true')
    expect(await stored()).not.toContain('Fourth')

    await server.release()
    await expect.poll(() => rowOf(page, 'Fourth').getAttribute('data-optimistic')).toBeNull()
    expect(await stored()).toEqual(['Fourth', 'First', 'Second', 'Third'])
    expect(await titles(page)).toEqual(await stored())
    await expectReload(['Fourth', 'First', 'Second', 'Third'])
  })

  it('takes the row back and says why the database refused it', async () => {
    const { page } = visitor
    const server = await hold(page, 'POST')
    await page.getByLabel('Title of the new todo').fill('Second')
    await page.keyboard.press('Enter')
    await expectTitles(page, ['Second', 'First', 'Second', 'Third'])
    await server.release()
    await expectToast(page, '“Second” was not added', 'A row of "todos" with this')
    await expectTitles(page, ['First', 'Second', 'Third'])
    expect(await page.getByLabel('Title of the new todo').inputValue()).toBe('Second')
    expect(await stored()).toEqual(['First', 'Second', 'Third'])
  })

  it('lets a row be changed while the server has yet to number it', async () => {
    const { page } = visitor
    const server = await hold(page, 'POST')
    await page.getByLabel('Title of the new todo').fill('Fourth')
    await page.keyboard.press('Enter')
    await page.getByRole('checkbox', { name: 'Done: Fourth' }).click()
    await expect.poll(() => page.getByRole('checkbox', { name: 'Done: Fourth' }).isChecked()).toBe(true)
    await server.release()
    await expect.poll(() => app.column('select completed from todos where list_id = ? and title = ?', list, 'Fourth')).toEqual([1])
    await expect.poll(() => rowOf(page, 'Fourth').getAttribute('data-optimistic')).toBeNull()
    expect(await page.getByRole('checkbox', { name: 'Done: Fourth' }).isChecked()).toBe(true)
    expect(await titles(page)).toEqual(['Fourth', 'First', 'Second', 'Third'])
  })
})

describe('rename in place', () => {
  async function rename(from: string, to: string): Promise<void> {
    const { page } = visitor
    await page.getByRole('button', { name: `Rename ${from}` }).focus()
    await page.keyboard.press('Enter')
    const input = page.getByLabel(`New title of ${from}`)
    await input.waitFor()
    await input.fill(to)
    await page.keyboard.press('Enter')
  }

  it('shows the title before the server answers, then stores it', async () => {
    const { page } = visitor
    const server = await hold(page, 'PATCH')
    await rename('Second', 'Renamed')
    await expectTitles(page, ['First', 'Renamed', 'Third'])
    expect(await rowOf(page, 'Renamed').getAttribute('data-optimistic')).toBe('true')
    expect(await stored()).toEqual(['First', 'Second', 'Third'])
    await server.release()
    await expect.poll(() => rowOf(page, 'Renamed').getAttribute('data-optimistic')).toBeNull()
    expect(await stored()).toEqual(['First', 'Renamed', 'Third'])
    await expectReload(['First', 'Renamed', 'Third'])
  })

  it('brings the former title back where the database refuses the new one', async () => {
    const { page } = visitor
    const server = await hold(page, 'PATCH')
    await rename('Second', 'Third')
    await expectTitles(page, ['First', 'Third', 'Third'])
    await server.release()
    await expectToast(page, '“Second” was not renamed')
    await expectTitles(page, ['First', 'Second', 'Third'])
    expect(await stored()).toEqual(['First', 'Second', 'Third'])
  })

  it('is left with Escape', async () => {
    const { page, api } = visitor
    await page.getByRole('button', { name: 'Rename First' }).click()
    await page.getByLabel('New title of First').fill('Never saved')
    await page.keyboard.press('Escape')
    await expectTitles(page, ['First', 'Second', 'Third'])
    await page.waitForLoadState('networkidle')
    expect(api).toEqual([])
  })
})

describe('toggle', () => {
  const done = (title: string) => app.column('select completed from todos where list_id = ? and title = ?', list, title)

  it('checks the box before the server answers, then stores it', async () => {
    const { page } = visitor
    const box = page.getByRole('checkbox', { name: 'Done: Third' })
    const server = await hold(page, 'PATCH')
    await box.click()
    await expect.poll(() => box.isChecked()).toBe(true)
    expect(await rowOf(page, 'Third').getAttribute('data-optimistic')).toBe('true')
    expect(await done('Third')).toEqual([0])
    await server.release()
    await expect.poll(() => rowOf(page, 'Third').getAttribute('data-optimistic')).toBeNull()
    expect(await done('Third')).toEqual([1])
    await visitor.goto(`/lists/${list}`)
    expect(await box.isChecked()).toBe(true)
  })

  it('takes the row out of a filter it no longer fits, and back into it when refused', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await refuseWrites()
    const server = await hold(page, 'PATCH')
    await page.getByRole('checkbox', { name: 'Done: Second' }).click()
    await expectTitles(page, ['First', 'Third'])
    await server.release()
    await expectToast(page, 'You may not update rows of “todos”.')
    await expectTitles(page, ['First', 'Second', 'Third'])
    expect(await page.getByRole('checkbox', { name: 'Done: Second' }).isChecked()).toBe(false)
    expect(await done('Second')).toEqual([0])
  })

  it('is taken back where the server is out of reach', async () => {
    const { page } = visitor
    await page.context().setOffline(true)
    const box = page.getByRole('checkbox', { name: 'Done: First' })
    await box.click()
    await expectToast(page, '“First” was not changed', 'The server could not be reached')
    await expect.poll(() => box.isChecked()).toBe(false)
  })

  it('removes a row that somebody else has deleted meanwhile', async () => {
    const { page } = visitor
    await app.database.execute({ sql: 'delete from todos where list_id = ? and title = ?', args: [list, 'Second'] })
    await page.getByRole('checkbox', { name: 'Done: Second' }).click()
    await expectToast(page, '“Second” was not changed')
    await expectTitles(page, ['First', 'Third'])
  })
})

describe('delete', () => {
  it('removes the row before the server answers, then from the database; undo brings it back', async () => {
    const { page } = visitor
    const server = await hold(page, 'DELETE')
    await page.getByRole('button', { name: 'Delete Second' }).click()
    await expectTitles(page, ['First', 'Third'])
    await expect.poll(server.waiting).toBe(1)
    expect(await stored()).toEqual(['First', 'Second', 'Third'])
    await server.release()
    await expect.poll(stored).toEqual(['First', 'Third'])
    await expectReload(['First', 'Third'])

    await page.getByRole('button', { name: 'Delete First' }).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await expectTitles(page, ['First', 'Third'])
    await expect.poll(stored).toEqual(['First', 'Third'])
  })

  it('brings the row back where the database refuses', async () => {
    const { page } = visitor
    await app.database.execute({ sql: 'insert into comments (todo_id, body, created_at) select id, ?, 0 from todos where list_id = ? and title = ?', args: ['Keep this', list, 'Second'] })
    const server = await hold(page, 'DELETE')
    await page.getByRole('button', { name: 'Delete Second' }).click()
    await expectTitles(page, ['First', 'Third'])
    await server.release()
    await expectToast(page, '“Second” was not deleted', 'The database refused')
    await expectTitles(page, ['First', 'Second', 'Third'])
    expect(await stored()).toEqual(['First', 'Second', 'Third'])
  })
})

describe('a todo and its comments', () => {
  it('are changed on their page, and the list knows', async () => {
    const { page } = visitor
    await page.getByRole('link', { name: 'Second', exact: true }).click()
    await page.getByRole('heading', { name: 'Second' }).waitFor()
    const server = await hold(page, 'POST')
    await page.getByLabel('Comment', { exact: true }).fill('What a good idea')
    await page.getByRole('button', { name: 'Comment', exact: true }).click()
    const comment = page.getByTestId('comment').filter({ hasText: 'What a good idea' })
    await comment.waitFor()
    expect(await comment.getAttribute('data-optimistic')).toBe('true')
    await server.release()
    await expect.poll(() => comment.getAttribute('data-optimistic')).toBeNull()

    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByLabel('Title').fill('Second, discussed')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: /^Back to/ }).click()
    await expectTitles(page, ['First', 'Second, discussed', 'Third'])
    await expect.poll(stored).toEqual(['First', 'Second, discussed', 'Third'])
    expect(await app.column('select body from comments c join todos t on t.id = c.todo_id where t.list_id = ?', list)).toEqual(['What a good idea'])
  })
})
