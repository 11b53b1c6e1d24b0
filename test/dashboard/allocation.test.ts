import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import {
  amountOf,
  columnOf,
  expectAccessible,
  expectAmounts,
  openDashboard,
  readTable,
  settled,
  tileOf,
} from './support/look.js'
import { FROM, NORTH, SHOP, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const HOUR = 3600
const DAY = 24 * HOUR
/** What is shown unless told: the last seven days, up to the end of the hour that is running. */
const WEEK = { start_date: FROM - 5 * DAY, end_date: TO + HOUR }
const NONE = '00000000-0000-0000-0000-000000000000'

interface Costs {
  readonly total_cost: number
  readonly total_count: number
  readonly cost_allocation: readonly {
    readonly id: string
    readonly name: string
    readonly kind: string
    readonly start_date: number
    readonly total_cost: number
    readonly cpu_cost: number
    readonly network_cost: number | null
  }[]
}

const costs = (page: Page) => readTable(page, 'Costs')
const rowLinks = (page: Page) => page.getByRole('table', { name: 'Costs', exact: true }).getByRole('link')
const crumbs = (page: Page) => page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('listitem')
const chips = (page: Page) => page.getByRole('region', { name: 'Filters' }).getByRole('listitem')
const paramsOf = (page: Page) => new URL(page.url()).searchParams

async function totalOf(page: Page): Promise<string> {
  const { headers, footer } = await costs(page)
  return footer[headers.indexOf('Cost')] ?? ''
}

/** Opens a view's address without signing in again. */
async function go(page: Page, path: string): Promise<void> {
  const [pathname, query = ''] = path.split('?')
  const search = new URLSearchParams(query)
  search.set('account', paramsOf(page).get('account') ?? '')
  await page.evaluate(
    `history.pushState({}, '', ${JSON.stringify(`${pathname}?${search}`)}); dispatchEvent(new PopStateEvent('popstate'))`,
  )
  await settled(page)
}

await describeInBrowser('costs by any dimension', stage => {
  test.each([
    ['', { breakdown_by: 'namespace' }],
    ['by=cluster&by=label:team', { breakdown_by: ['cluster', 'label:team'] }],
    ['by=controller&idle=share', { breakdown_by: 'controller', idle: 'share' }],
    [
      'by=node&idle=hide&sort=cpu_cost&order=asc',
      { breakdown_by: 'node', idle: 'hide', sort: 'cpu_cost', order: 'asc' },
    ],
    [
      'by=namespace&share=kube-system&split=even',
      { breakdown_by: 'namespace', share_namespaces: 'kube-system', share_split: 'even' },
    ],
    [
      'by=pod&k8s_namespace=!shop&label.team=data',
      { breakdown_by: 'pod', k8s_namespace: '!shop', 'label.team': 'data' },
    ],
  ])('"%s" shows the rows of the API in their order, and its total', async (search, query) => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `/allocation?${search}` })
    const body = await stage.answer<Costs>('cost_allocation', { ...WEEK, ...query })
    const table = await costs(page)
    const rows = body.cost_allocation
    expect(rows.length).toBeGreaterThan(1)
    expectAmounts(
      columnOf(table, 'Cost'),
      rows.map(it => it.total_cost),
    )
    expectAmounts(
      columnOf(table, 'CPU'),
      rows.map(it => it.cpu_cost),
    )
    expectAmounts(
      columnOf(table, 'Network'),
      rows.map(it => it.network_cost),
    )
    expectAmounts([await totalOf(page), await tileOf(page, 'Cost')], [body.total_cost, body.total_cost])
    expect(await tileOf(page, 'Rows')).toBe(String(body.total_count))
  })

  test('sorts by the API’s columns, and back', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=controller' })
    for (const [order, sign] of [
      ['desc', 'descending'],
      ['asc', 'ascending'],
    ] as const) {
      await page.getByRole('button', { name: 'Memory' }).click()
      await settled(page)
      const query = { ...WEEK, breakdown_by: 'controller', sort: 'ram_cost', order }
      const { cost_allocation: rows } = await stage.answer<Costs>('cost_allocation', query)
      expectAmounts(
        columnOf(await costs(page), 'Cost'),
        rows.map(it => it.total_cost),
      )
      const header = page.getByRole('columnheader', { name: 'Memory' })
      expect(await header.getAttribute('aria-sort')).toBe(sign)
    }
    await page.goBack()
    await settled(page)
    expect(paramsOf(page).get('order')).toBeNull()
  })

  test('turns pages that have every row once, and begins anew where a page is gone', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=pod&limit=25' })
    const query = { ...WEEK, breakdown_by: 'pod', limit: 1000 }
    const { cost_allocation: rows } = await stage.answer<Costs>('cost_allocation', query)
    const shown: string[] = []
    const next = page.getByRole('button', { name: 'Next page' })
    for (;;) {
      const { rows: here } = await costs(page)
      await page
        .getByText(`${shown.length + 1}–${shown.length + here.length} of ${rows.length} rows`)
        .waitFor()
      shown.push(...columnOf(await costs(page), 'Cost'))
      expect(await totalOf(page)).toBe(await tileOf(page, 'Cost'))
      if ((await next.count()) === 0) break
      await next.click()
      await settled(page)
    }
    expect(shown.length).toBeGreaterThan(50)
    expectAmounts(
      shown,
      rows.map(it => it.total_cost),
    )
    await page.getByRole('button', { name: 'First page' }).click()
    await settled(page)
    expect(paramsOf(page).has('cursor')).toBe(false)

    await go(page, '/allocation?by=pod&limit=25&cursor=no-cursor&skipped=25')
    await page.getByText('The rows have changed since that page was shown').waitFor()
    expectAmounts(
      columnOf(await costs(page), 'Cost'),
      rows.slice(0, 25).map(it => it.total_cost),
    )
    await page.getByText(`1–25 of ${rows.length} rows`).waitFor()
    // The browser tells of the refused question too.
    stage.watched.complaints.length = 0
  })

  test('leaves out and adds columns', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'GPU' }).uncheck()
    await page.getByRole('checkbox', { name: 'GiB-hours' }).check()
    const { headers } = await costs(page)
    expect(headers).not.toContain('GPU')
    expect(headers).toContain('GiB-hours')
    await page.getByRole('button', { name: 'The usual ones' }).click()
    expect((await costs(page)).headers).toContain('GPU')
    expect(paramsOf(page).has('cols')).toBe(false)
  })
})

await describeInBrowser('looking into costs', stage => {
  test.each([
    ['by=cluster', 5],
    ['by=namespace&idle=share', 4],
    ['by=label:team&share=kube-system&share=monitoring', 4],
    ['by=node&idle=share&idle_by=node', 4],
    ['by=controller&by=cluster&k8s_namespace=!lab', 3],
    ['by=controller_kind&range=2026-09-29..2026-09-29&idle=hide', 4],
  ])('from "%s" down to containers, every total is the cost of its row', async (search, levels) => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `/allocation?${search}` })
    // Other rows at each level, so that not just the dearest are looked into.
    for (const skipped of [0, 1]) {
      await go(page, `/allocation?${search}`)
      for (let level = 1; level < levels; level++) {
        const count = await rowLinks(page).count()
        expect(count, `level ${level}`).toBeGreaterThan(0)
        const link = rowLinks(page).nth(Math.min(skipped, count - 1))
        const name = (await link.textContent()) ?? ''
        const row = (await costs(page)).rows.find(([first]) => first === name)
        const cost = row?.[(await costs(page)).headers.indexOf('Cost')]
        await link.click()
        await settled(page)
        expect(await totalOf(page), name).toBe(cost)
        expect(await tileOf(page, 'Cost of')).toBe(cost)
        const place = name.split(' / ').at(-1) === 'Without any' ? 'not set' : name.split(' / ').at(-1)
        const here = await crumbs(page).last().textContent()
        if (!search.includes('by=controller&by=cluster') || level > 1) expect(here).toContain(place)
      }
      expect(await rowLinks(page).count()).toBe(0)
      expect((await costs(page)).headers[0]).toBe('Container')
    }
  })

  test('goes back up by the breadcrumb to what was there, and down again in another tab', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=cluster&idle=hide&sort=cpu_cost' })
    const levels: (readonly (readonly string[])[])[] = []
    let href = ''
    for (let level = 0; level < 3; level++) {
      levels.push((await costs(page)).rows)
      href = (await rowLinks(page).first().getAttribute('href')) ?? ''
      await rowLinks(page).first().click()
      await settled(page)
    }
    expect(await crumbs(page).allTextContents()).toEqual([
      'All',
      expect.stringMatching(/^Cluster /),
      expect.stringMatching(/^Namespace /),
      expect.stringMatching(/^Controller /),
    ])
    expect(await crumbs(page).last().locator('[aria-current=page]').count()).toBe(1)
    const pods = (await costs(page)).rows
    for (let level = 2; level >= 0; level--) {
      await crumbs(page).nth(level).getByRole('link').click()
      await settled(page)
      expect((await costs(page)).rows).toEqual(levels[level])
    }
    const other = await stage.page()
    await openDashboard(stage, other, { path: href })
    expect((await costs(other)).rows).toEqual(pods)
  })

  test('is what a bar and its entry in the legend do too', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    const [first = ''] = await rowLinks(page).allTextContents()
    await page
      .getByRole('region', { name: 'Cost by day' })
      .getByRole('button', { name: first })
      .press('Enter')
    await settled(page)
    expect(paramsOf(page).getAll('path')).toEqual([`namespace:${first}`])
    const [inner = ''] = await rowLinks(page).allTextContents()
    // The dearest lies at the bottom.
    await page.locator('svg rect[fill="var(--series-0)"]:not([rx])').first().click()
    await settled(page)
    expect(paramsOf(page).getAll('path')).toEqual([`namespace:${first}`, `controller:${inner}`])
  })

  test('tells of traffic that no container carries', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=controller', account: NORTH })
    const query = { ...WEEK, breakdown_by: 'controller', created_by_name: NONE }
    const { cost_allocation: rows } = await stage.answer<Costs>('cost_allocation', query, NORTH)
    const row = rows.find(it => it.kind === 'unallocated')
    expect(row).toBeDefined()
    await go(page, `/allocation?by=pod&path=controller:${NONE}`)
    const notice = page.getByText('is traffic of pods that nobody knows')
    const extra = amountOf((await notice.textContent()) ?? '') ?? Number.NaN
    expect(extra).toBeGreaterThan(0)
    const inRows =
      (await page.getByRole('table', { name: 'Costs' }).count()) === 0 ? '€0' : await totalOf(page)
    expect(extra + (amountOf(inRows) ?? 0)).toBeCloseTo(row?.total_cost ?? Number.NaN, 1)
  })
})

await describeInBrowser('costs as time goes by', stage => {
  test('are the ten dearest, the rest and idle, and add up to the bill at each step', async () => {
    const page = await stage.page()
    for (const search of ['by=controller', 'by=cluster&by=label:team&idle=share', 'by=namespace&step=hour']) {
      await openDashboard(stage, page, { path: `/allocation?${search}&as_table=cost` })
      const step = search.includes('hour') ? 'hour' : 'day'
      const table = await readTable(page, `Cost by ${step}`)
      const { cost_allocation: rows } = await stage.answer<Costs>('cost_allocation', {
        ...WEEK,
        breakdown_by: 'cluster',
        step,
        limit: 1000,
      })
      const seconds = step === 'day' ? DAY : HOUR
      const expected = table.rows.map((_, index) =>
        rows
          .filter(it => it.start_date === WEEK.start_date + index * seconds)
          .reduce((sum, it) => sum + it.total_cost, 0),
      )
      expectAmounts(columnOf(table, 'All'), expected)
      for (const cells of table.rows) {
        const parts = cells.slice(1, -1).map(text => amountOf(text) ?? 0)
        const sum = parts.reduce((total, part) => total + part, 0)
        expect(Math.abs(sum - (amountOf(cells.at(-1) ?? '') ?? 0))).toBeLessThan(0.07)
      }
      // What a series has in all is what its row costs.
      const shown = await costs(page)
      const dearest = shown.rows.slice(0, 5).filter(([name]) => table.headers.includes(name ?? ''))
      expect(dearest.length).toBeGreaterThan(1)
      for (const cells of dearest) {
        const total = table.footer[table.headers.indexOf(cells[0] ?? '')]
        expect(total).toBe(cells[shown.headers.indexOf('Cost')])
      }
    }
  })

  test('are drawn in steps that can be told apart', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?step=hour&range=90d' })
    await page.getByRole('heading', { name: 'Cost by day' }).waitFor()
    await page.getByText('Each hour by itself would be too many bars.').waitFor()
    await page.getByLabel('Steps').selectOption({ label: 'Months' })
    await page.getByRole('heading', { name: 'Cost by month' }).waitFor()
    await settled(page)
    expect(paramsOf(page).get('step')).toBe('month')
  })

  test('may fail by themselves, and are asked for again', async () => {
    const page = await stage.page()
    const byStep = /cost_allocation\?.*step=/
    await page.route(byStep, route =>
      route.fulfill({
        status: 503,
        headers: { 'x-request-id': 'slow-1' },
        json: { error: { status_code: 503, error_code: 'OE0500', reason: 'It takes too long', params: [] } },
      }),
    )
    await openDashboard(stage, page, { path: '/allocation' })
    const trouble = page.getByRole('alert').filter({ hasText: 'Cost by day can’t be shown.' })
    expect(await trouble.textContent()).toMatch(/It takes too long.*slow-1/)
    expect(amountOf(await totalOf(page))).toBeGreaterThan(0)
    await page.unroute(byStep)
    await trouble.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('img', { name: 'Cost by day, bars' }).waitFor()
    expect(await trouble.count()).toBe(0)
    stage.watched.complaints.length = 0
  })
})

await describeInBrowser('filters', stage => {
  test('are made and taken away by keyboard, and narrow what is shown', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    const all = await totalOf(page)
    const adder = page.getByRole('button', { name: 'Add filter' })
    await adder.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.type('sho')
    const options = page.getByRole('listbox').getByRole('option')
    await expect.poll(() => options.count()).toBe(1)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await settled(page)
    expect(paramsOf(page).getAll('k8s_namespace')).toEqual(['shop'])
    await page.keyboard.type('lab')
    await expect.poll(() => options.allTextContents()).toEqual([expect.stringMatching(/^lab\$/)])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await settled(page)
    expect(await chips(page).allTextContents()).toEqual(['Namespace is any ofshop×lab×'])
    const query = { ...WEEK, k8s_namespace: ['shop', 'lab'] }
    const { total_cost } = await stage.answer<Costs>('cost_allocation', query)
    expectAmounts([await totalOf(page)], [total_cost])

    // First the suggestions are closed, then what is around them.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    expect(await page.getByRole('button', { name: 'Done' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Remove filter: Namespace is any of lab' }).press('Enter')
    await settled(page)
    expect(await chips(page).allTextContents()).toEqual(['Namespace isshop×'])
    await page.goBack()
    await settled(page)
    expect(paramsOf(page).getAll('k8s_namespace')).toEqual(['shop', 'lab'])
    await page.getByRole('button', { name: 'Clear all filters' }).press('Enter')
    await settled(page)
    expect(await totalOf(page)).toBe(all)
  })

  test('exclude values of a label, and with their opposite make the whole', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    const all = amountOf(await totalOf(page)) ?? Number.NaN
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByLabel('Filter by').selectOption({ label: 'Label team' })
    await page.getByLabel('Which').selectOption({ label: 'is not' })
    await page.getByRole('combobox', { name: 'Label team' }).click()
    await page.getByRole('option', { name: 'not set' }).click()
    await settled(page)
    expect(await chips(page).allTextContents()).toEqual(['Label team isset×'])
    const without = amountOf(await totalOf(page)) ?? Number.NaN
    await go(page, `/allocation?label.team=${NONE}`)
    expect(await chips(page).allTextContents()).toEqual(['Label team isnot set×'])
    expect(without + (amountOf(await totalOf(page)) ?? Number.NaN)).toBeCloseTo(all, 1)
  })

  test('say so where they leave nothing', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?k8s_namespace=nowhere' })
    await page.getByText('The filters leave nothing.').waitFor()
    expect(await page.getByRole('table').count()).toBe(0)
  })
})

await describeInBrowser('a CSV of costs', stage => {
  test.each([
    'by=cluster&by=controller&limit=500',
    'by=namespace&idle=share&sort=ram_cost&order=asc&k8s_namespace=!lab',
    'by=pod&path=namespace:shop&limit=500&share=kube-system',
  ])('of "%s" has the rows of the table in their order, with the same amounts', async search => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `/allocation?${search}` })
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download CSV' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe(`costs-${SHOP}-2026-09-24-2026-09-30.csv`)
    const [header = '', ...lines] = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n')
    const names = header.split(',')
    const cells = lines.map(line => line.split(','))
    const amountsOf = (name: string) =>
      cells.map(row => (row[names.indexOf(name)] === '' ? null : Number(row[names.indexOf(name)])))
    const table = await costs(page)
    expect(table.rows.length).toBeGreaterThan(3)
    expect(lines.length).toBe(table.rows.length)
    expectAmounts(columnOf(table, 'Cost'), amountsOf('total_cost'))
    expectAmounts(columnOf(table, 'CPU'), amountsOf('cpu_cost'))
    expectAmounts(columnOf(table, 'Network'), amountsOf('network_cost'))
    expect(new Set(cells.map(row => row.at(-1)))).toEqual(new Set(['USD']))
  })

  test('that can’t be had is said', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    await page.route(/cost_allocation/, route =>
      route.fulfill({
        status: 503,
        json: { error: { status_code: 503, error_code: 'OE0500', reason: 'Too many exports', params: [] } },
      }),
    )
    await page.getByRole('button', { name: 'Download CSV' }).click()
    await page.getByRole('alert').filter({ hasText: 'Too many exports' }).waitFor()
    stage.watched.complaints.length = 0
  })
})

await describeInBrowser('the view of costs', stage => {
  test.each([
    [1440, 'light'],
    [390, 'dark'],
  ] as const)('is accessible with everything open, %i pixels wide, %s', async (width, colorScheme) => {
    const page = await stage.page({ viewport: { width, height: 900 }, colorScheme })
    const search = 'by=label:note&by=pod&k8s_namespace=!lab&label.team=!growth&share=monitoring&limit=25'
    await openDashboard(stage, page, { path: `/allocation?${search}` })
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('button', { name: 'Shared namespaces: 1' }).click()
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByRole('combobox', { name: 'Namespace', exact: true }).click()
    await page.getByRole('option', { name: /^shop/ }).waitFor()
    await expectAccessible(page)
    expect(await sidewaysScroll(page)).toBe(0)
    await page.getByRole('button', { name: 'Show as table' }).click()
    await settled(page)
    await expectAccessible(page)
    expect(await sidewaysScroll(page)).toBe(0)
  })

  test('shows hostile names as they are', async () => {
    const page = await stage.page({ viewport: { width: 390, height: 900 } })
    const hostile = `<img src=x onerror=alert(1)>${'\u202e'}${'x'.repeat(220)}`
    await page.route(/cost_allocation\?(?!.*step=)/, async route => {
      const response = await route.fetch()
      const body = (await response.json()) as { cost_allocation: { kind: string; namespace: string }[] }
      const row = body.cost_allocation.find(it => it.kind === 'workload')
      if (row !== undefined) row.namespace = hostile
      await route.fulfill({ response, json: body })
    })
    await openDashboard(stage, page, { path: '/allocation' })
    expect(columnOf(await costs(page), 'Namespace')).toContain(hostile)
    expect(await page.locator('main img[src]').count()).toBe(0)
    expect(await sidewaysScroll(page)).toBe(0)
    await page.getByRole('button', { name: 'Show as table' }).click()
    await settled(page)
    expect(await sidewaysScroll(page)).toBe(0)
  })
})
