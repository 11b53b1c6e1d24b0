import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { readCsv } from '../api/read-csv.js'
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
import { FROM, SHOP, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const HOUR = 3600
const DAY = 24 * HOUR
const WEEK = { start_date: FROM - 5 * DAY, end_date: TO + HOUR }
const PATH = '/infrastructure'

interface Assets {
  readonly total_cost: number
  readonly total_count: number
  readonly by_type: readonly {
    readonly asset_type: string
    readonly total_cost: number
    readonly idle_cost: number | null
  }[]
  readonly assets: readonly {
    readonly name: string
    readonly asset_id: string
    readonly is_spot: boolean | null
    readonly total_cost: number
    readonly idle_cost: number | null
    readonly monthly_rate: number | null
  }[]
}

interface ClusterCost {
  readonly total_cost: number
}

interface Findings {
  readonly saving_month: number
  readonly by_finding: readonly { readonly count: number; readonly unknown: number }[]
  readonly findings: readonly { readonly name: string; readonly saving_month: number | null }[]
}

async function choose(page: Page, type: string): Promise<void> {
  await page.getByRole('radio', { name: type }).press(' ')
  await settled(page)
}

await describeInBrowser('the infrastructure', stage => {
  const nodes = (query = {}) =>
    stage.answer<Assets>('assets', { ...WEEK, asset_type: 'node', limit: 1000, ...query })

  test('costs what SQL says of all assets, and of each type', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    const { rows } = await stage.database.pool.query<{ asset_type: string; cost: number }>(
      `select asset_type, sum(total_cost)::float8 as cost from analytics.asset_hourly
       where cloud_account_id = $1 group by 1`,
      [SHOP],
    )
    const costOf = (type: string) => rows.find(row => row.asset_type === type)?.cost ?? Number.NaN
    expectAmounts(
      await Promise.all(['Disks', 'Load balancers', 'Fees'].map(label => tileOf(page, label))),
      ['disk', 'load_balancer', 'management'].map(costOf),
    )
    const table = await readTable(page, 'Nodes')
    expectAmounts([table.footer[table.headers.indexOf('Cost')] ?? ''], [costOf('node')])
    const all = rows.reduce((sum, { cost }) => sum + cost, 0)
    expectAmounts([await tileOf(page, 'Infrastructure')], [all])
  })

  test('shows every node with its cost, its idle cost and how it was bought', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    const { assets, total_count } = await nodes()
    const table = await readTable(page, 'Nodes')
    expect(table.rows).toHaveLength(total_count)
    const costs = assets.map(it => it.total_cost)
    expectAmounts(columnOf(table, 'Cost'), costs)
    expectAmounts(
      columnOf(table, 'Idle'),
      assets.map(it => it.idle_cost),
    )
    expectAmounts(
      columnOf(table, 'A month'),
      assets.map(it => it.monthly_rate),
    )
    const bought = columnOf(table, 'Machine').map(text => /spot$/.test(text))
    expect(bought).toEqual(assets.map(it => it.is_spot))
    expect(bought).toContain(true)
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
    expect(columnOf(await readTable(page, 'Costs'), 'Cost').some(text => (amountOf(text) ?? 0) > 0)).toBe(
      true,
    )
  })

  test('is sorted by the API, which the address keeps, and goes back', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    await page.getByRole('button', { name: 'Idle', exact: true }).click()
    await settled(page)
    const { assets } = await nodes({ sort: 'idle_cost' })
    expectAmounts(
      columnOf(await readTable(page, 'Nodes'), 'Idle'),
      assets.map(it => it.idle_cost),
    )
    expect(new URL(page.url()).searchParams.get('sort')).toBe('idle_cost')
    await page.goBack()
    await settled(page)
    const usual = (await nodes()).assets
    expectAmounts(
      columnOf(await readTable(page, 'Nodes'), 'Cost'),
      usual.map(it => it.total_cost),
    )
  })

  test('saves as CSV what the table shows, in its order', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `${PATH}?sort=idle_cost` })
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).first().click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^nodes-.*\.csv$/)
    const [columns = [], ...rows] = readCsv(await readFile(await download.path(), 'utf8'))
    const table = await readTable(page, 'Nodes')
    const idle = rows.map(row => row[columns.indexOf('idle_cost')] ?? '')
    expectAmounts(
      columnOf(table, 'Idle'),
      idle.map(text => (text === '' ? null : Number(text))),
    )
  })

  test('is told by type, of the clusters that the filter leaves', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `${PATH}?k8s_cluster=cluster-two` })
    for (const [title, type] of [
      ['Disks', 'disk'],
      ['Load balancers', 'load_balancer'],
      ['Fees', 'management'],
    ] as const) {
      await choose(page, title)
      const { assets } = await nodes({ asset_type: type, k8s_cluster: 'cluster-two' })
      const table = await readTable(page, title)
      expect(assets.length).toBeGreaterThan(0)
      expectAmounts(
        columnOf(table, 'Cost'),
        assets.map(it => it.total_cost),
      )
    }
    expect(new URL(page.url()).searchParams.get('type')).toBe('management')
  })

  test('adds up by part to the whole bill', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `${PATH}?as_table=parts` })
    const { total_cost } = await stage.answer<ClusterCost>('cluster_cost', WEEK)
    const table = await readTable(page, 'Cost by part and day')
    expectAmounts([table.footer.at(-1) ?? ''], [total_cost])
  })

  test('lists what could be given up, the kinds of it, and how much can’t be told', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    const { findings, by_finding, saving_month } = await stage.answer<Findings>('findings')
    expect(findings.length).toBeGreaterThan(0)
    const table = await readTable(page, 'What could be given up')
    expectAmounts(
      columnOf(table, 'Saves a month'),
      findings.map(it => it.saving_month),
    )
    expectAmounts([table.footer[table.headers.indexOf('Saves a month')] ?? ''], [saving_month])
    const kinds = await readTable(page, 'Findings by kind')
    expect(columnOf(kinds, 'Found')).toEqual(by_finding.map(it => String(it.count)))
    expect(columnOf(kinds, 'Can’t be told')).toEqual(by_finding.map(it => String(it.unknown)))
  })

  test('says where filters of workloads do nothing, and what the filters leave nothing of', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `${PATH}?k8s_namespace=shop&k8s_cluster=nowhere` })
    await page.getByText('do nothing here').waitFor()
    await page.getByText('The filters leave nothing.').waitFor()
  })

  test.each(['light', 'dark'] as const)('can be used by everybody, %s and on a phone', async colorScheme => {
    const page = await stage.page({ colorScheme, viewport: { width: 390, height: 800 } })
    await openDashboard(stage, page, { path: PATH })
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0)
    await expectAccessible(page)
  })
})
