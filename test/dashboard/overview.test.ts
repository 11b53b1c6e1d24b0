import { expect, test } from 'vitest'
import {
  amountOf,
  columnOf,
  expectAmounts,
  openDashboard,
  readTable,
  settled,
  tileOf,
} from './support/look.js'
import { FROM, NORTH, SHOP, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const HOUR = 3600
const DAY = 24 * HOUR
/** What is shown unless told: the last seven days, up to the end of the hour that is running. */
const WEEK = { start_date: FROM - 5 * DAY, end_date: TO + HOUR }
const PARTS = {
  CPU: 'cpu_cost',
  Memory: 'ram_cost',
  GPU: 'gpu_cost',
  Volumes: 'pv_cost',
  Network: 'network_cost',
  Balancers: 'load_balancer_cost',
  Fee: 'management_cost',
} as const

type Part = (typeof PARTS)[keyof typeof PARTS]

interface Clusters {
  readonly total_cost: number
  readonly previous_total: number
  readonly clusters: readonly (Readonly<Record<Part, number | null>> & {
    readonly cluster: string
    readonly total_cost: number
  })[]
}

interface Efficiency {
  readonly wasted_cost: number
  readonly efficiency: readonly { readonly cluster: string; readonly workload_idle_cost: number }[]
}

interface Costs {
  readonly total_cost: number
  readonly cost_allocation: readonly {
    readonly name: string
    readonly kind: string
    readonly total_cost: number
  }[]
}

interface Steps {
  readonly cluster_cost: readonly { readonly start_date: number; readonly total_cost: number }[]
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)

await describeInBrowser('the overview', stage => {
  test('shows the whole bill, which the API and SQL agree on', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    const { rows } = await stage.database.pool.query<{ cost: number }>(
      `select sum("EffectiveCost")::float8 as cost from analytics.focus_cost_and_usage where "BillingAccountId" = $1`,
      [SHOP],
    )
    const { total_cost: cost } = await stage.answer<Clusters>('clusters', WEEK)
    expect(cost).toBeCloseTo(rows[0]?.cost ?? Number.NaN, 6)
    expectAmounts([await tileOf(page, 'Cost')], [cost])
  })

  test('shows every cluster with the parts of its cost, and their sums', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    const { clusters, total_cost } = await stage.answer<Clusters>('clusters', WEEK)
    const table = await readTable(page, 'Clusters')
    expect(clusters.length).toBe(2)
    expect(columnOf(table, 'Cluster')).toEqual(clusters.map(it => it.cluster))
    expectAmounts(
      columnOf(table, 'Cost'),
      clusters.map(it => it.total_cost),
    )
    for (const [header, part] of Object.entries(PARTS)) {
      const amounts = clusters.map(it => it[part])
      expectAmounts(columnOf(table, header), amounts)
      const known = amounts.filter(amount => amount !== null)
      expectAmounts(
        [table.footer[table.headers.indexOf(header)] ?? ''],
        [known.length === 0 ? null : sum(known)],
      )
    }
    expectAmounts([table.footer[table.headers.indexOf('Cost')] ?? ''], [total_cost])
    // Something here was not measured, and is told apart from what costs nothing.
    expect(clusters.some(it => it.network_cost === null)).toBe(true)
  })

  test('tells what is wasted, and of that what was reserved and what only bought', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    const { wasted_cost: wasted, efficiency } = await stage.answer<Efficiency>('efficiency', {
      ...WEEK,
      breakdown_by: 'cluster',
    })
    const reserved = sum(efficiency.map(it => it.workload_idle_cost))
    const tiles = ['Wasted', 'Workload idle', 'Infrastructure idle']
    const shown = await Promise.all(tiles.map(label => tileOf(page, label)))
    expectAmounts(shown, [wasted, reserved, wasted - reserved])
    expect(wasted).toBeGreaterThan(0)
  })

  test('compares with the range before only where that was measured from its beginning', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await page.getByText('not comparable: not every cluster was measured before 29 Sept 2026').waitFor()
    await openDashboard(stage, page, { path: '/overview?range=today' })
    // Eight hours of the day are loaded, so they are compared with the eight before.
    const today = { start_date: FROM + DAY, end_date: TO }
    const { total_cost: cost, previous_total: before } = await stage.answer<Clusters>('clusters', today)
    const change = `${cost > before ? '+' : '-'}${Math.abs((cost / before - 1) * 100).toFixed(1)}%`
    const detail = page.locator('dt', { hasText: /^Cost$/ }).locator('xpath=following-sibling::dd[2]')
    expect(await detail.textContent()).toContain(change)
    expectAmounts([(await detail.textContent())?.split('from ')[1] ?? ''], [before])
  })

  test('says that the range before could not be read, and asks for it again', async () => {
    const page = await stage.page()
    const ofBefore = new RegExp(`clusters\\?.*end_date=${TO}(?!\\d)`)
    await page.route(ofBefore, route =>
      route.fulfill({
        status: 503,
        headers: { 'x-request-id': 'before-1' },
        json: { error: { status_code: 503, error_code: 'OE0500', reason: 'It takes too long', params: [] } },
      }),
    )
    await openDashboard(stage, page, { path: '/overview?range=today' })
    const alert = page.getByRole('alert').filter({ hasText: 'not comparable' })
    expect(await alert.textContent()).toContain('the range before could not be read (request before-1)')
    expect(columnOf(await readTable(page, 'Clusters'), 'Change')).toEqual(['–', '–'])
    await page.unroute(ofBefore)
    await alert.getByRole('button', { name: 'Try again' }).click()
    await page.getByText(/% from \$[\d.,]+ before/).waitFor()
    expect(await alert.count()).toBe(0)
    expect(columnOf(await readTable(page, 'Clusters'), 'Change').join()).toMatch(/%.*%/)
    stage.watched.complaints.length = 0
  })

  test('has a table of the same numbers as the bars, step by step those of the API', async () => {
    const page = await stage.page()
    for (const [range, step, hours] of [
      ['7d', 'day', WEEK],
      ['2026-09-29..2026-09-30', 'hour', { start_date: FROM, end_date: TO + HOUR }],
    ] as const) {
      await openDashboard(stage, page, { path: `/overview?range=${range}&as_table=cost` })
      const { cluster_cost: costs } = await stage.answer<Steps>('cluster_cost', {
        ...hours,
        step,
        limit: 1000,
      })
      const table = await readTable(page, `Cost by ${step}`)
      const seconds = step === 'day' ? DAY : HOUR
      const starts = table.rows.map((_, index) => hours.start_date + index * seconds)
      const expected = starts.map(start =>
        sum(costs.filter(it => it.start_date === start).map(it => it.total_cost)),
      )
      expectAmounts(columnOf(table, 'All'), expected)
      expectAmounts([table.footer.at(-1) ?? ''], [sum(expected)])
      table.rows.forEach(([, used, workloadIdle, infraIdle, all]) => {
        const parts = [used, workloadIdle, infraIdle].map(text => amountOf(text ?? '') ?? 0)
        expect(Math.abs(sum(parts) - (amountOf(all ?? '') ?? 0))).toBeLessThan(0.021)
      })
      expect(columnOf(table, 'Step (UTC)').at(-1)).toContain('so far')
    }
  })

  test('names who costs most, by the label that tells the team, and leads to their workloads', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    const { cost_allocation: rows, total_cost } = await stage.answer<Costs>('cost_allocation', {
      ...WEEK,
      breakdown_by: 'label:team',
    })
    expect(sum(rows.map(it => it.total_cost))).toBeCloseTo(total_cost, 6)
    const theirs = rows.filter(it => it.kind === 'workload' || it.kind === 'unallocated').slice(0, 8)
    const table = await readTable(page, 'What costs most')
    expect(columnOf(table, 'Label team')).toEqual(
      theirs.map(it => (it.kind === 'workload' ? it.name : 'Without any')),
    )
    expectAmounts(
      columnOf(table, 'Cost'),
      theirs.map(it => it.total_cost),
    )
    const [first] = theirs.filter(it => it.kind === 'workload')
    await page.getByRole('table', { name: 'What costs most' }).getByRole('link').first().click()
    await settled(page)
    const { pathname, searchParams } = new URL(page.url())
    expect(pathname).toBe('/allocation')
    expect(searchParams.getAll('path')).toEqual([`label:team:${first?.name}`])
  })

  test('tells what could be saved a month as the API does, and where to look', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    const advice = await stage.answer<{ gross_decrease: number; total_count: number }>('rightsizing', {
      action: 'decrease',
      limit: 1,
    })
    const found = await stage.answer<{ saving_month: number; total_count: number }>('findings', { limit: 1 })
    const links = page.getByRole('region', { name: 'What could be saved a month' }).getByRole('link')
    const [requests = '', things = ''] = await links.allTextContents()
    expectAmounts([requests, things], [advice.gross_decrease, found.saving_month])
    expect(requests).toContain(`of ${advice.total_count} containers`)
    expect(things).toContain(`giving up ${found.total_count} things`)
    const amounts = columnOf(await readTable(page, 'What could be saved'), 'Saves a month').map(amountOf)
    expect(amounts.length).toBe(5)
    expect(amounts.toSorted((a, b) => (b ?? 0) - (a ?? 0))).toEqual(amounts)
    await links.first().click()
    await page.getByRole('heading', { level: 1, name: 'Rightsizing' }).waitFor()
    expect(new URL(page.url()).searchParams.get('account')).toBe(SHOP)
  })

  test('says which hours are not complete and why, beside the numbers, in the bars and in their table', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/overview?range=today', account: NORTH })
    await page
      .getByText(/^These numbers are not complete: hours are missing, \d\d\.\d% of them were measured\.$/)
      .click()
    await page
      .getByText('30 Sept, 04:00 to 30 Sept, 05:00 UTC: the cluster or its sender was silent')
      .first()
      .waitFor()
    const pattern = page.locator('pattern', { has: page.locator('[stroke="var(--warning)"]') }).first()
    const hatched = page.locator(`rect[fill="url(#${await pattern.getAttribute('id')})"]`)
    expect(await hatched.count()).toBe(1)
    const bars = page.getByRole('slider', { name: 'Step of Cost by hour' })
    // What the page moved under the pointer is not to be looked at.
    await page.mouse.move(0, 0)
    await bars.focus()
    const steps = TO / HOUR - (FROM + DAY) / HOUR
    for (let step = steps; step > 4; step--) await page.keyboard.press('ArrowLeft')
    expect(await bars.getAttribute('aria-valuetext')).toMatch(/^04:00: €\d/)
    await page.getByText('Not complete: cluster-one: the cluster or its sender was silent').waitFor()
    await page.getByRole('button', { name: 'Show as table' }).click()
    const names = columnOf(await readTable(page, 'Cost by hour'), 'Step (UTC)')
    expect(names.filter(name => name.includes('not complete'))).toEqual([
      expect.stringMatching(/^04:00 \(not complete: .*silent\)$/),
    ])
  })
})
