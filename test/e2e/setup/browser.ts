import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { expect, inject } from 'vitest'

export function launchBrowser(executablePath = inject('chromium')): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

export interface Visit {
  page: Page
  /** Requests that the browser has sent to the generated API, as `GET /todos?…`. */
  api: string[]
  /** Warnings and errors of the console, hydration mismatches among them, and uncaught errors. */
  problems: string[]
  goto: (path: string) => Promise<void>
  close: () => Promise<void>
}

/** A visitor of their own: nobody shares their cookies or their cache. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const api: string[] = []
  const problems: string[] = []
  page.on('request', (request) => {
    const [, path] = request.url().split('/api/rstore')
    if (path !== undefined)
      api.push(`${request.method()} ${decodeURIComponent(path)}`)
  })
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      problems.push(message.text())
  })
  page.on('pageerror', error => problems.push(String(error)))
  return {
    page,
    api,
    problems,
    async goto(path) {
      await page.goto(url + path)
      if (options.javaScriptEnabled !== false)
        await page.waitForFunction(() => (window as { useNuxtApp?: () => { isHydrating: boolean } }).useNuxtApp?.().isHydrating === false)
    },
    close: () => context.close(),
  }
}

/** Keeps requests of a method back, so that what is on the page comes from before the answer. */
export async function hold(page: Page, method: string): Promise<{ waiting: () => number, release: () => Promise<void> }> {
  const opened = Promise.withResolvers<undefined>()
  let waiting = 0
  const pattern = '**/api/rstore/**'
  await page.route(pattern, async (route) => {
    if (route.request().method() === method) {
      waiting++
      await opened.promise
    }
    await route.fallback()
  })
  return {
    waiting: () => waiting,
    async release() {
      opened.resolve(undefined)
      await page.unroute(pattern, undefined)
    },
  }
}

export function rows(page: Page): Locator {
  return page.getByTestId('todo')
}

/** The one row of this title. */
export function rowOf(page: Page, title: string): Locator {
  return rows(page).filter({ has: page.getByTestId('title').getByText(title, { exact: true }) })
}

/** Titles of the todos as they stand on the page, in the list unless another place is given. */
export async function titles(page: Page, place: Locator = rows(page)): Promise<string[]> {
  return (await place.getByTestId('title').allTextContents()).map(text => text.trim())
}

export async function expectTitles(page: Page, wanted: unknown[]): Promise<void> {
  await expect.poll(() => titles(page), { timeout: 15_000 }).toEqual(wanted)
}

export async function expectToast(page: Page, ...texts: string[]): Promise<void> {
  for (const text of texts)
    await page.getByRole('region', { name: /notifications/i }).getByText(text).first().waitFor()
}
