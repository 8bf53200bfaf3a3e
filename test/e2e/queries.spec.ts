import type { Browser, Page } from 'playwright-core'
import type { App } from './setup/app'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './setup/app'
import { expectTitles, launchBrowser, titles, visit } from './setup/browser'

let app: App
let browser: Browser

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

interface Filters { state?: 'All' | 'Open' | 'Done', search?: string, assignee?: string, sort?: string }
interface Case extends Filters { query: string, where: string, orderBy: string }

/** What a visitor sets, the address it leads to, and the SQL that means the same. */
const cases: Case[] = [
  { query: '', where: '1', orderBy: 'created_at desc' },
  { state: 'Open', query: 'state=open', where: 'completed = 0', orderBy: 'created_at desc' },
  { state: 'Done', sort: 'Oldest first', query: 'state=done&sort=oldest', where: 'completed = 1', orderBy: 'created_at' },
  { sort: 'Title A to Z', query: 'sort=title', where: '1', orderBy: 'title' },
  { search: 'LISBON', sort: 'Title Z to A', query: 'q=LISBON&sort=title-desc', where: 'title like \'%LISBON%\'', orderBy: 'title desc' },
  { search: 'p_ess', sort: 'Due date', query: 'q=p_ess&sort=due', where: 'title like \'%p_ess%\'', orderBy: 'due_at desc' },
  { state: 'Open', assignee: 'Mei Chen', sort: 'Most important', query: 'state=open&assignee=13&sort=priority', where: 'completed = 0 and assignee_id = 13', orderBy: 'priority desc, created_at desc' },
  { state: 'Done', search: 'the checkout', assignee: 'Ada Lindqvist', query: 'state=done&q=the+checkout&assignee=1', where: 'completed = 1 and title like \'%the checkout%\' and assignee_id = 1', orderBy: 'created_at desc' },
  { search: '\'; drop table todos; --', query: 'q=%27%3B+drop+table+todos%3B+--', where: '0', orderBy: 'id' },
]

// The key breaks ties, in the direction of the last term.
const sql = ({ where, orderBy }: Case, limit = 50) => `select title from todos where ${where} order by ${orderBy}, id ${orderBy.endsWith('desc') ? 'desc' : 'asc'} limit ${limit}`

describe('filters and sorting agree with SQL', () => {
  it('on the server', async () => {
    const { page, goto, close } = await visit(browser, app.url, { javaScriptEnabled: false })
    for (const test of cases) {
      await goto(`/?${test.query}`)
      expect(await titles(page), test.query).toEqual(await app.column(sql(test)))
    }
    await close()
  })

  it('in the browser, each after the other, and again from the cache', async () => {
    const { page, api, problems, goto, close } = await visit(browser, app.url)
    await goto('/')
    for (const test of cases) {
      await apply(page, test)
      await expectTitles(page, await app.column(sql(test)))
    }
    await page.waitForLoadState('networkidle')
    const asked = api.length
    expect(asked).toBeGreaterThan(0)
    for (const test of [...cases].reverse()) {
      await apply(page, test)
      await expectTitles(page, await app.column(sql(test)))
    }
    // Only filters passed through on the way from one case to the next can be new.
    expect(new Set(api).size).toBe(api.length)
    expect(problems).toEqual([])
    await close()
  })

  it('keeps the filters in the address', async () => {
    const { page, goto, close } = await visit(browser, app.url)
    await goto('/')
    await apply(page, { state: 'Open', search: 'budget', sort: 'Title A to Z' })
    await page.waitForURL(/q=budget/)
    const wanted = await app.column('select title from todos where completed = 0 and title like \'%budget%\' order by title, id limit 50')
    await expectTitles(page, wanted)
    await page.reload()
    await expectTitles(page, wanted)
    await close()
  })
})

describe('load more', () => {
  it('goes on where the list ended, up to the last row', async () => {
    const { page, api, goto, close } = await visit(browser, app.url)
    await goto('/?q=packing+list&state=open')
    const wanted = await app.column('select title from todos where completed = 0 and title like \'%packing list%\' order by created_at desc, id desc')
    expect(wanted.length).toBeGreaterThan(100)
    const more = page.getByRole('button', { name: 'Load more' })
    for (let shown = 50; shown < wanted.length; shown += 50) {
      await expectTitles(page, wanted.slice(0, shown))
      await more.click()
    }
    await expectTitles(page, wanted)
    expect(await more.count()).toBe(0)
    expect(api).toHaveLength(Math.ceil(wanted.length / 50) - 1)
    await close()
  })
})

describe('client-side navigation', () => {
  it('loads what is missing, and nothing on the way back', async () => {
    const { page, api, problems, goto, close } = await visit(browser, app.url)
    const all = await app.column('select title from todos order by created_at desc, id desc limit 50')
    const website = await app.column('select title from todos where list_id = 2 order by created_at desc, id desc limit 50')
    await goto('/')

    await page.getByRole('link', { name: 'Website' }).click()
    await page.getByRole('heading', { name: 'Website' }).waitFor()
    await expectTitles(page, website)
    await page.waitForLoadState('networkidle')
    expect(api).toEqual([expect.stringMatching(/^GET \/todos\?.*listId/)])

    await page.getByRole('link', { name: website[3] as string, exact: true }).click()
    await page.getByRole('heading', { name: website[3] as string }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(api.slice(1)).toEqual([expect.stringMatching(/^GET \/comments\?/)])

    await page.goBack()
    await expectTitles(page, website)
    await page.getByRole('link', { name: 'All todos' }).click()
    await page.getByRole('heading', { name: 'All todos' }).waitFor()
    await expectTitles(page, all)
    await page.waitForLoadState('networkidle')
    expect(api).toHaveLength(2)
    expect(problems).toEqual([])
    await close()
  })

  it('shows why a list could not be loaded, and loads it on another try', async () => {
    const { page, goto, close } = await visit(browser, app.url)
    await goto('/lists/1')
    await page.context().setOffline(true)
    await page.getByRole('link', { name: 'Hiring' }).click()
    await page.getByText('The todos could not be loaded').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await expectTitles(page, await app.column('select title from todos where list_id = 5 order by created_at desc, id desc limit 50'))
    await close()
  })
})

/** Sets the filters as a visitor does. */
async function apply(page: Page, { state = 'All', search = '', assignee = 'Anyone', sort = 'Newest first' }: Filters): Promise<void> {
  await page.getByLabel('Search titles').fill(search)
  await page.getByRole('group', { name: 'State' }).getByRole('button', { name: state }).click()
  for (const [name, option] of [['Assigned to', assignee], ['Sort by', sort]] as const) {
    const select = page.getByLabel(name)
    if ((await select.textContent())?.includes(option))
      continue
    await select.click()
    await page.getByRole('option', { name: option }).click()
    // It holds the focus until it is gone.
    await page.getByRole('listbox').waitFor({ state: 'detached' })
  }
}
