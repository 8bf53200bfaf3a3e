import type { Browser } from 'playwright-core'
import type { App } from './setup/app'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './setup/app'
import { expectTitles, launchBrowser, rows, titles, visit } from './setup/browser'

let app: App
let browser: Browser
const newest = 'select title from todos order by created_at desc, id desc limit 50'

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

describe('rendering on the server', () => {
  it('puts the rows into the HTML', async () => {
    const html = await (await fetch(app.url)).text()
    for (const title of await app.column(newest))
      expect(html).toContain(`${title}</a>`)
    const { page, goto, close } = await visit(browser, app.url, { javaScriptEnabled: false })
    await goto('/')
    expect(await titles(page)).toEqual(await app.column(newest))
    await close()
  })

  it('renders a todo with its comments and the person it is assigned to', async () => {
    const [id, title, body, name] = Object.values((await app.database.execute('select t.id, t.title, c.body, u.name from todos t join comments c on c.todo_id = t.id join users u on u.id = t.assignee_id limit 1')).rows[0]!)
    const { page, goto, close } = await visit(browser, app.url, { javaScriptEnabled: false })
    await goto(`/todos/${id}`)
    expect(await titles(page, page.locator('body'))).toEqual([title])
    expect(await page.getByTestId('comment').allTextContents()).toContainEqual(expect.stringContaining(String(body)))
    expect(await page.getByRole('complementary').textContent()).toContain(name)
    await close()
  })

  it('answers 404 for a row that does not exist', async () => {
    expect((await fetch(`${app.url}/todos/987654`)).status).toBe(404)
  })

  it('gives the API the cookies and headers of the page request', async () => {
    const denied = 'You have no access to this data.'
    for (const [name, value] of [['cookie', 'playground-access=none'], ['playground-access', 'none']] as const) {
      const html = await (await fetch(app.url, { headers: { [name]: value } })).text()
      expect(html).toContain(denied)
      expect(html).not.toContain('data-testid="todo"')
    }
    expect(await (await fetch(app.url)).text()).not.toContain(denied)
  })

  it('keeps the stores of simultaneous requests apart', async () => {
    const visitors = Array.from({ length: 24 }, (_, i) => ({ list: 1 + i % 8, denied: i % 3 === 0 }))
    const pages = await Promise.all(visitors.map(async ({ list, denied }) => {
      const response = await fetch(`${app.url}/lists/${list}`, { headers: denied ? { cookie: 'playground-access=none' } : {} })
      return response.text()
    }))
    const byList = await Promise.all(Array.from({ length: 8 }, (_, i) => app.column('select title from todos where list_id = ? order by created_at desc, id desc limit 50', i + 1)))
    for (const [i, { list, denied }] of visitors.entries()) {
      const wanted = byList[list - 1]!
      // The payload counts as well: what is not on the page must not be in it either.
      expect(wanted.filter(title => pages[i]!.includes(String(title)))).toHaveLength(denied ? 0 : 50)
      const others = byList.flatMap((titles, other) => other === list - 1 ? [] : titles).filter(title => !wanted.some(mine => String(mine).includes(String(title))))
      expect(others.filter(title => pages[i]!.includes(`"${title}"`))).toEqual([])
    }
  })
})

describe('hydration', () => {
  for (const path of ['/', '/lists/2?state=open&sort=due&q=the', '/todos/3', '/people', '/lists/1?q=nothing+is+called+this']) {
    it(`asks the API for nothing: ${path}`, async () => {
      const { page, api, problems, goto, close } = await visit(browser, app.url)
      await goto(path)
      await page.waitForLoadState('networkidle')
      // Whatever is clicked, the page is alive, and lists and people are known.
      await page.getByRole('link', { name: 'People' }).click()
      await page.getByRole('list', { name: 'People' }).waitFor()
      await page.waitForLoadState('networkidle')
      expect(api).toEqual([])
      expect(problems).toEqual([])
      await close()
    })
  }

  it('leaves the cache of one visitor out of that of another', async () => {
    const [one, two] = await Promise.all([visit(browser, app.url), visit(browser, app.url)])
    await one.goto('/lists/1')
    await two.goto('/lists/2')
    await one.page.route('**/api/rstore/todos', () => { /* never answered */ })
    await one.page.getByLabel('Title of the new todo').fill('Seen by one visitor')
    await one.page.keyboard.press('Enter')
    await expect.poll(() => titles(one.page)).toContain('Seen by one visitor')
    await two.goto('/lists/1')
    await expectTitles(two.page, await app.column('select title from todos where list_id = 1 order by created_at desc, id desc limit 50'))
    await Promise.all([one.close(), two.close()])
  })
})

describe('an app that is not at the root', () => {
  it('reaches its API under the base URL', async () => {
    const sub = await startApp({ base: '/sub' })
    const { page, api, problems, goto, close } = await visit(browser, sub.url)
    try {
      await goto('/')
      expect(await rows(page).count()).toBe(50)
      expect(api).toEqual([])
      const answer = page.waitForResponse(/\/api\/rstore\/todos/)
      await page.getByRole('button', { name: 'Load more' }).click()
      expect(new URL((await answer).url()).pathname).toBe('/sub/api/rstore/todos')
      await expectTitles(page, await sub.column('select title from todos order by created_at desc, id desc limit 100'))
      expect(problems).toEqual([])
    }
    finally {
      await close()
      await sub.stop()
    }
  })
})
