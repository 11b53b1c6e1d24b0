import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openDashboard, readTable, settled, signIn } from './support/look.js'
import { NORTH, SHOP } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)
const days = (page: Page) => page.getByLabel('Days (UTC)')
const by = (page: Page) => page.getByLabel('By', { exact: true })

await describeInBrowser('the address', stage => {
  test('has every choice, and shows the same in another tab', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await days(page).selectOption({ label: 'Yesterday' })
    await by(page).selectOption({ label: 'Cluster' })
    await page.getByRole('button', { name: 'Show as table' }).click()
    await settled(page)
    expect(searchOf(page)).toEqual({
      account: SHOP,
      range: 'yesterday',
      drivers: 'cluster',
      as_table: 'cost',
    })
    const seen = await mainOf(page)
    const address = page.url()

    const other = await stage.page()
    await other.goto(address)
    expect(await other.getByLabel('Cloud account').inputValue()).toBe(SHOP)
    await signIn(other, SHOP, await stage.token())
    await settled(other)
    expect(other.url()).toBe(address)
    expect(await mainOf(other)).toBe(seen)
    expect(await days(other).inputValue()).toBe('yesterday')
    expect((await readTable(other, 'What costs most')).headers[0]).toBe('Cluster')
    expect(await readTable(other, 'Cost by hour')).toEqual(await readTable(page, 'Cost by hour'))
  })

  test('goes back choice by choice, and forward again', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await days(page).selectOption({ label: 'Today' })
    await by(page).selectOption({ label: 'Controller' })
    await page.getByRole('link', { name: 'Efficiency', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Efficiency' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    expect(searchOf(page)).toEqual({ account: SHOP, range: 'today', drivers: 'controller' })
    await page.goBack()
    await expect.poll(() => by(page).inputValue()).not.toBe('controller')
    expect(searchOf(page)).toEqual({ account: SHOP, range: 'today' })
    await page.goBack()
    await expect.poll(() => days(page).inputValue()).toBe('7d')
    await page.goForward()
    await expect.poll(() => days(page).inputValue()).toBe('today')
    await settled(page)
  })

  test('may name days of one’s own; what is no range of days is said and not asked for', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await days(page).selectOption({ label: 'Other days…' })
    await page.getByLabel('First day').fill('2026-09-29')
    await page.getByLabel('Last day').fill('2026-09-28')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('The first day has to be before the last one.').waitFor()
    expect(searchOf(page)).toEqual({ account: SHOP })
    await page.getByLabel('Last day').fill('2026-09-29')
    await page.getByRole('button', { name: 'Apply' }).click()
    await expect.poll(() => searchOf(page)).toEqual({ account: SHOP, range: '2026-09-29..2026-09-29' })
    await settled(page)
    await page.getByText('29 Sept 2026', { exact: true }).first().waitFor()
    expect(
      stage.watched.requests.some(url => url.includes('start_date=1790640000&end_date=1790726400')),
    ).toBe(true)
  })

  test.each([
    ['range=fortnight', 'range=fortnight'],
    ['range=2026-02-31..2026-03-01', 'range=2026-02-31..2026-03-01'],
    ['range=2020-01-01..2026-01-01', 'range=2020-01-01..2026-01-01'],
    ['drivers=price', 'drivers=price'],
    ['range=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E', 'range=<img src=x onerror=alert(1)>'],
  ])('with %s shows the usual instead, and says so', async (query, said) => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `/overview?${query}` })
    await page.getByText('The address has something that can’t be shown').waitFor()
    expect(await page.locator('code').allTextContents()).toContainEqual(expect.stringContaining(said))
    expect(await days(page).inputValue()).toBe('7d')
    expect(await page.locator('main img[src]').count()).toBe(0)
    await days(page).selectOption({ label: 'Today' })
    await settled(page)
    if (query.startsWith('range')) expect(await page.getByText('The address has something').count()).toBe(0)
  })

  test('of another account asks for a token of that one', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await page.goto(`${stage.origin}/overview?account=${NORTH}`)
    expect(await page.getByLabel('Cloud account').inputValue()).toBe(NORTH)
    await signIn(page, NORTH, await stage.token(NORTH))
    await settled(page)
    expect(searchOf(page)).toEqual({ account: NORTH })
  })
})

const mainOf = (page: Page) => page.locator('main').textContent()
