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
const WEEK = { start_date: FROM - 5 * 24 * HOUR, end_date: TO + HOUR }
const TYPES = {
  Nodes: 'node',
  Disks: 'disk',
  'Load balancers': 'load_balancer',
  Fees: 'management',
} as const

interface Assets {
  readonly total_cost: number
  readonly total_count: number
  readonly assets: readonly {
    readonly name: string
    readonly total_cost: number
    readonly monthly_rate: number | null
  }[]
}

interface Findings {
  readonly saving_month: number
  readonly findings: readonly { readonly name: string; readonly saving_month: number | null }[]
}

await describeInBrowser('the estate', stage => {
  test.each(Object.entries(TYPES))('has %s as the API and SQL tell them', async (title, type) => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `/infrastructure?type=${type}` })
    const api = await stage.answer<Assets>('assets', {
      ...WEEK,
      asset_type: type,
      sort: 'total_cost',
      limit: 100,
    })
    const { rows } = await stage.database.pool.query<{ cost: number }>(
      `select sum(total_cost)::float8 as cost from analytics.asset_hourly
       where cloud_account_id = $1 and asset_type = $2 and window_start >= to_timestamp($3) and window_start < to_timestamp($4)`,
      [SHOP, type, WEEK.start_date, WEEK.end_date],
    )
    expect(api.total_cost).toBeCloseTo(rows[0]?.cost ?? Number.NaN, 6)
    const table = await readTable(page, title)
    expect(table.rows.length).toBe(api.total_count)
    expectAmounts(
      columnOf(table, 'Cost'),
      api.assets.map(asset => asset.total_cost),
    )
    expectAmounts(
      columnOf(table, 'A month'),
      api.assets.map(asset => asset.monthly_rate),
    )
    const names = columnOf(table, 'Name')
    for (const [index, { name }] of api.assets.entries()) expect(names[index]).toContain(name)
    expectAmounts(
      [table.footer[table.headers.indexOf('Cost')] ?? '', await tileOf(page, title)],
      [api.total_cost, api.total_cost],
    )
  })

  test('says what could be given up, and what that saves a month', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/infrastructure' })
    const api = await stage.answer<Findings>('findings', { sort: 'saving_month', limit: 100 })
    const table = await readTable(page, 'What could be given up')
    expect(table.rows.length).toBe(api.findings.length)
    expect(table.rows.length).toBeGreaterThan(0)
    expectAmounts(
      columnOf(table, 'Saves a month'),
      api.findings.map(finding => finding.saving_month),
    )
  })

  test('leads from a node to what ran there', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/infrastructure' })
    const link = page.getByRole('table', { name: 'Nodes' }).getByRole('link').first()
    const node = await link.textContent()
    await link.click()
    await page.getByRole('heading', { level: 1, name: 'Allocation' }).waitFor()
    await settled(page)
    expect(new URL(page.url()).searchParams.getAll('path')).toEqual([`node:${node}`])
    const table = await readTable(page, 'Costs')
    expect(columnOf(table, 'Cost').some(text => (amountOf(text) ?? 0) > 0)).toBe(true)
  })

  test('is loaded hour by hour as the ledger says', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/pipeline?as_table=hours', account: NORTH })
    const { rows } = await stage.database.pool.query<{ day: string; whole: number; partial: number }>(
      `select to_char(window_start at time zone 'UTC', 'FMDD') as day,
         count(*) filter (where reason is null and coverage >= 0.9995)::int as whole,
         count(*) filter (where reason is not null or coverage < 0.9995)::int as partial
       from warehouse.window_ledger where cloud_account_id = $1 and revision > 0
       group by 1 order by 1 desc`,
      [NORTH],
    )
    const table = await readTable(page, 'Hours of cluster-one by day')
    const days = columnOf(table, 'Day (UTC)').map(text => text.split(' ')[0])
    const counted = ['Loaded', 'In part'].map(header => columnOf(table, header).map(Number))
    expect(days).toEqual(rows.map(({ day }) => day))
    expect(counted).toEqual([rows.map(({ whole }) => whole), rows.map(({ partial }) => partial)])
    expect(rows.reduce((sum, { partial }) => sum + partial, 0)).toBe(1)
    const freshness = await readTable(page, 'Freshness')
    expect(columnOf(freshness, 'Data to')).toEqual(['30 Sept, 08:00'])
    expect(columnOf(freshness, 'Behind')).toEqual(['up to date'])
  })

  test('is walked through hour by hour with the arrow keys', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/pipeline', account: NORTH })
    const grid = page.getByRole('grid', { name: 'cluster-one' })
    await grid.getByRole('gridcell').first().focus()
    for (let hour = 0; hour < 4; hour++) await page.keyboard.press('ArrowRight')
    await page
      .getByText('30 Sept 2026, 04:00 to 05:00 UTC. Loaded in part: the cluster or its sender was silent.')
      .waitFor()
    await page.keyboard.press('ArrowDown')
    await page.getByText('29 Sept 2026, 04:00 to 05:00 UTC. Loaded.').waitFor()
    expect(await grid.locator('[tabindex="0"]').count()).toBe(1)
  })
})
