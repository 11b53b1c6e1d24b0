import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { readCsv } from '../api/read-csv.js'
import { amountOf, columnOf, expectAmounts, openDashboard, readTable, settled } from './support/look.js'
import { FROM, SHOP, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const HOUR = 3600
const DAY = 24 * HOUR
const WEEK = { start_date: FROM - 5 * DAY, end_date: TO + HOUR }

interface Costs {
  readonly total_cost: number
  readonly total_count: number
  readonly cost_allocation: readonly {
    readonly name: string
    readonly kind: string
    readonly total_cost: number
  }[]
}

const sum = (amounts: readonly (number | null)[]) =>
  amounts.reduce<number>((total, it) => total + (it ?? 0), 0)
const cents = (count: number) => 0.005 * count + 0.006
const paramsOf = (page: Page) => new URL(page.url()).searchParams

/** The total at the foot, which the rows add up to. */
async function totalOf(page: Page): Promise<number> {
  const table = await readTable(page, 'Costs')
  const costs = columnOf(table, 'Cost').map(amountOf)
  const total = amountOf(table.footer[table.headers.indexOf('Cost')] ?? '') ?? Number.NaN
  expect(Math.abs(sum(costs) - total)).toBeLessThan(cents(costs.length))
  return total
}

await describeInBrowser('the view of costs', stage => {
  test('shows the rows of the API in its order, and their total', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    const api = await stage.answer<Costs>('cost_allocation', { ...WEEK, breakdown_by: 'namespace' })
    const table = await readTable(page, 'Costs')
    expect(table.rows.length).toBe(api.total_count)
    expectAmounts(
      columnOf(table, 'Cost'),
      api.cost_allocation.map(it => it.total_cost),
    )
    api.cost_allocation.forEach((row, index) => {
      if (row.kind === 'workload') expect(columnOf(table, 'Namespace')[index]).toBe(row.name)
    })
    expectAmounts([String(await totalOf(page))], [Math.round(api.total_cost * 100) / 100])
  })

  test('adds up to the same at each level, from the cluster to the container and back', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=cluster' })
    const whole = await totalOf(page)
    const places: string[] = []
    for (const level of ['Cluster', 'Namespace', 'Controller', 'Pod']) {
      const table = await readTable(page, 'Costs')
      const link = page.getByRole('table', { name: 'Costs' }).getByRole('link').first()
      const name = (await link.textContent()) ?? ''
      const row = table.rows.find(cells => cells[0] === name) ?? []
      const cost = amountOf(row[table.headers.indexOf('Cost')] ?? '') ?? Number.NaN
      places.push(`${level.toLowerCase()}:${name}`)
      await link.click()
      await expect.poll(() => paramsOf(page).getAll('path')).toEqual(places)
      await settled(page)
      expect(Math.abs((await totalOf(page)) - cost)).toBeLessThan(0.011)
    }
    expect((await readTable(page, 'Costs')).headers[0]).toBe('Container')
    expect(await page.getByRole('table', { name: 'Costs' }).getByRole('link').count()).toBe(0)
    const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' })
    expect(await crumbs.getByRole('listitem').count()).toBe(5)
    await crumbs.getByRole('link', { name: 'All' }).click()
    await settled(page)
    expect(paramsOf(page).getAll('path')).toEqual([])
    expect(await totalOf(page)).toBeCloseTo(whole, 6)
    await page.goBack()
    await expect.poll(() => paramsOf(page).getAll('path')).toEqual(places)
  })

  test('adds up to the same however idle cost is shown; without it, to less by just that', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    const table = await readTable(page, 'Costs')
    const whole = await totalOf(page)
    const idle = sum(
      table.rows
        .filter(([name]) => name?.startsWith('Idle'))
        .map(row => amountOf(row[table.headers.indexOf('Cost')] ?? '')),
    )
    expect(idle).toBeGreaterThan(0)
    const totals: Record<string, number> = {}
    for (const way of ['Shared out within clusters', 'Shared out within nodes', 'Left out']) {
      await page.getByLabel('Idle cost').selectOption({ label: way })
      await settled(page)
      totals[way] = await totalOf(page)
    }
    expect(totals['Shared out within clusters']).toBeCloseTo(whole, 6)
    expect(totals['Shared out within nodes']).toBeCloseTo(whole, 6)
    expect(Math.abs((totals['Left out'] ?? 0) - (whole - idle))).toBeLessThan(0.02)
    expect(paramsOf(page).get('idle')).toBe('hide')
  })

  test('exports what the table shows, in its order, with raw numbers', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=controller&sort=cpu_cost&order=asc&limit=25' })
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download CSV' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe(`costs-${SHOP}-2026-09-24-2026-09-30.csv`)
    const [header = [], ...records] = readCsv(
      (await readFile(await download.path(), 'utf8')).replace(/^\ufeff/, ''),
    )
    const table = await readTable(page, 'Costs')
    const cost = records.map(record => Number(record[header.indexOf('total_cost')]))
    const cpu = records
      .map(record => record[header.indexOf('cpu_cost')] ?? '')
      .map(text => (text === '' ? null : Number(text)))
    expect(table.rows.length).toBe(Math.min(25, records.length))
    expectAmounts(columnOf(table, 'Cost'), cost.slice(0, 25))
    expectAmounts(columnOf(table, 'CPU'), cpu.slice(0, 25))
    expect(
      Math.abs(sum(cost) - (amountOf(table.footer[table.headers.indexOf('Cost')] ?? '') ?? 0)),
    ).toBeLessThan(0.006)
    expect(new Set(records.map(record => record[header.indexOf('currency')]))).toEqual(new Set(['USD']))
  })

  test('sorts by the API, with the keyboard, and says how', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=controller' })
    const header = page.getByRole('columnheader', { name: 'Memory' })
    await header.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('descending')
    await settled(page)
    const falling = columnOf(await readTable(page, 'Costs'), 'Memory')
      .map(amountOf)
      .filter(it => it !== null)
    expect(falling).toEqual(falling.toSorted((a, b) => b - a))
    await page.keyboard.press('Enter')
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending')
    await settled(page)
    const rising = columnOf(await readTable(page, 'Costs'), 'Memory')
      .map(amountOf)
      .filter(it => it !== null)
    expect(rising).toEqual(rising.toSorted((a, b) => a - b))
    expect(paramsOf(page).get('sort')).toBe('ram_cost')
  })

  test('turns pages without leaving or repeating a row', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?by=container&by=pod&limit=25' })
    const pages = page.getByRole('navigation', { name: 'Pages of rows' })
    const seen: string[] = []
    for (;;) {
      const table = await readTable(page, 'Costs')
      const first = seen.length + 1
      seen.push(...table.rows.map(row => row.join('\t')))
      const [from, to, total] = ((await pages.getByRole('status').textContent()) ?? '').match(/\d+/g) ?? []
      expect([Number(from), Number(to)]).toEqual([first, seen.length])
      const next = pages.getByRole('button', { name: 'Next page' })
      if ((await next.count()) === 0) {
        expect(seen.length).toBe(Number(total))
        break
      }
      await next.click()
      await expect
        .poll(() => pages.getByRole('status').textContent())
        .toMatch(new RegExp(`^${seen.length + 1} to`))
      await settled(page)
    }
    expect(seen.length).toBeGreaterThan(50)
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('is narrowed by filters that are found as one types, and each taken away again', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?k8s_namespace=!shop' })
    const chip = page.getByRole('button', { name: /^Remove filter: .* shop$/ })
    expect(columnOf(await readTable(page, 'Costs'), 'Namespace')).not.toContain('shop')
    const without = await totalOf(page)
    await chip.click()
    await settled(page)
    expect(paramsOf(page).has('k8s_namespace')).toBe(false)
    const whole = await totalOf(page)
    await openDashboard(stage, page, { path: '/allocation?k8s_namespace=shop' })
    expect(columnOf(await readTable(page, 'Costs'), 'Namespace')).toContain('shop')
    // A filter and its opposite add up to the whole.
    expect(Math.abs((await totalOf(page)) + without - whole)).toBeLessThan(0.02)
  })

  test('says that filters leave nothing', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation?k8s_namespace=nowhere' })
    await page.getByText('The filters leave nothing.').waitFor()
  })
})
