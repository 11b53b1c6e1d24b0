import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import { createToken, revokeToken } from '../../src/db/tokens.js'
import { amountOf, expectAccessible, openDashboard, settled, signIn, tileOf } from './support/look.js'
import { EMPTY, SHOP } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const CLUSTERS = '**/k8s/clusters?*'
const said = (page: Page) => page.getByRole('alert').filter({ hasText: 'can’t be shown' })

/** What the API answers when something in it went wrong. */
const failing = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'x-request-id': 'of-the-test', ...headers },
  contentType: 'application/json',
  body: JSON.stringify({
    error: { status_code: status, error_code: 'OE0452', reason: 'Something went wrong within.', params: [] },
  }),
})

const ANSWERS: readonly [string, (route: Route) => Promise<void>, string, string][] = [
  [
    'fails',
    route => route.fulfill(failing(500)),
    'Something went wrong within. Request of-the-test, code OE0452',
    '500',
  ],
  [
    'is too busy for longer',
    route => route.fulfill(failing(503, { 'retry-after': '60' })),
    'Something went wrong within. Request of-the-test, code OE0452',
    '503',
  ],
  [
    'is stood in for by a gateway',
    route => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
    'The server answered with status 502.',
    '502',
  ],
  [
    'can’t be reached',
    route => route.abort('connectionreset'),
    'The server can’t be reached.',
    'ERR_CONNECTION_RESET',
  ],
  [
    'answers with half of an answer',
    route => route.fulfill({ status: 200, contentType: 'application/json', body: '{"clusters": [' }),
    'The page could not read the answer.',
    '',
  ],
]

await describeInBrowser('the dashboard in trouble', stage => {
  test('keeps room for what it waits for, and shows what is there already', async () => {
    const page = await stage.page()
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    await page.route(CLUSTERS, async route => {
      await released
      await route.continue()
    })
    await page.goto(`${stage.origin}/overview`)
    await signIn(page, SHOP, await stage.token())
    // The bars don't wait for the amounts.
    await page.getByRole('img', { name: 'Cost by day, bars' }).waitFor()
    const waiting = page.getByRole('status').filter({ hasText: 'Loading the costs…' })
    expect(await waiting.count()).toBe(1)
    const room = await waiting.boundingBox()
    expect(room?.height).toBeGreaterThan(100)
    expect(await page.locator('dt', { hasText: /^Cost$/ }).count()).toBe(0)
    await expectAccessible(page)
    release()
    await settled(page)
    expect(amountOf(await tileOf(page, 'Cost'))).toBeGreaterThan(0)
  })

  test.each(ANSWERS)(
    'where the API %s says so, and shows the numbers when asked again',
    async (_case, answer, reason, complaint) => {
      const page = await stage.page()
      await page.route(CLUSTERS, answer)
      await page.goto(`${stage.origin}/overview`)
      await signIn(page, SHOP, await stage.token())
      await settled(page)
      const trouble = said(page).filter({ hasText: 'The costs can’t be shown.' })
      expect((await trouble.locator('p').allTextContents()).join(' ')).toBe(
        `The costs can’t be shown. ${reason}`,
      )
      // Only what was asked of it is amiss.
      expect(await page.getByRole('table', { name: 'What costs most' }).count()).toBe(1)
      await expectAccessible(page)
      const complaints = stage.watched.complaints.splice(0)
      expect(
        complaints.every(text => text.includes(complaint)),
        complaints.join('\n'),
      ).toBe(true)
      await page.unroute(CLUSTERS)
      await trouble.getByRole('button', { name: 'Try again' }).click()
      await settled(page)
      expect(await said(page).count()).toBe(0)
      expect(amountOf(await tileOf(page, 'Cost'))).toBeGreaterThan(0)
    },
  )

  test('asks once more by itself where the API says that it is busy for a moment', async () => {
    const page = await stage.page()
    const asked: string[] = []
    await page.route(CLUSTERS, route =>
      asked.push(route.request().url()) === 1
        ? route.fulfill(failing(503, { 'retry-after': '1' }))
        : route.continue(),
    )
    await openDashboard(stage, page)
    expect(await said(page).count()).toBe(0)
    expect(amountOf(await tileOf(page, 'Cost'))).toBeGreaterThan(0)
    expect(asked.filter(url => url === asked[0])).toHaveLength(2)
    expect(stage.watched.complaints.splice(0).join()).toContain('503')
  })

  test('keeps its frame where an answer has another shape than it should', async () => {
    const page = await stage.page()
    await page.route(CLUSTERS, route => route.fulfill({ json: { total_count: 1 } }))
    await page.goto(`${stage.origin}/overview`)
    await signIn(page, SHOP, await stage.token())
    await page.getByText('This view has failed.').waitFor()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Overview')
    await expectAccessible(page)
    expect(stage.watched.complaints.splice(0).every(text => text.includes('TypeError'))).toBe(true)
    await page.getByRole('link', { name: 'Pipeline', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor()
    await settled(page)
    expect(await page.getByText('This view has failed.').count()).toBe(0)
  })

  test('asks for another token when this one is revoked, and goes on where one was', async () => {
    const page = await stage.page()
    const { pool } = stage.database
    const { token, tokenId } = await createToken(pool, { cloudAccountId: SHOP })
    await page.goto(`${stage.origin}/overview?drivers=cluster`)
    await signIn(page, SHOP, token)
    await settled(page)
    await revokeToken(pool, tokenId)
    await page.getByLabel('Days (UTC)').selectOption({ label: 'Today' })
    await page.getByText('The token is not accepted any more: it has expired or was revoked.').waitFor()
    await expectAccessible(page)
    const address = page.url()
    expect(Object.fromEntries(new URL(address).searchParams)).toEqual({
      account: SHOP,
      range: 'today',
      drivers: 'cluster',
    })
    expect(stage.watched.complaints.splice(0).join()).toMatch(/401/)
    const next = await createToken(pool, { cloudAccountId: SHOP })
    await page.getByLabel('Token').fill(next.token)
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toBe(address)
    expect(await page.getByLabel('Days (UTC)').inputValue()).toBe('today')
    expect(await page.getByText('is not accepted any more').count()).toBe(0)
  })

  test('says of an account of which nothing is loaded what comes next, in every view', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { account: EMPTY })
    for (const view of ['Overview', 'Allocation', 'Efficiency', 'Rightsizing', 'Infrastructure']) {
      await page.getByRole('link', { name: view, exact: true }).click()
      await page.getByRole('heading', { level: 1, name: view }).waitFor()
      await page.getByText('Nothing of this account is loaded yet.', { exact: true }).waitFor()
    }
    await expectAccessible(page)
    await page.getByRole('link', { name: 'What the pipeline says' }).click()
    await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor()
    await settled(page)
    await expectAccessible(page)
  })

  test('says of days without costs that there are none', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/overview?range=2026-01-01..2026-01-31' })
    await page.getByText('There are no costs in these days.').waitFor()
    await expectAccessible(page)
  })
})
