import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  columnOf,
  expectAccessible,
  expectAmounts,
  openDashboard,
  readTable,
  settled,
  tileOf,
} from './support/look.js'
import { FROM, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const HOUR = 3600
const DAY = 24 * HOUR
/** What is shown unless told: the last seven days, up to the end of the hour that is running. */
const WEEK = { start_date: FROM - 5 * DAY, end_date: TO + HOUR }

interface Row {
  readonly name: string
  readonly kind: string
  readonly cluster: string | null
  readonly start_date: number
  readonly cpu_core_used_hours: number | null
  readonly cpu_core_hours: number | null
  readonly used_cost: number
  readonly workload_idle_cost: number
  readonly infra_idle_cost: number
  readonly wasted_cost: number
  readonly total_cost: number
}

interface Body {
  readonly total_cost: number
  readonly wasted_cost: number
  readonly total_count: number
  readonly efficiency: readonly Row[]
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)

await describeInBrowser('the efficiency view', stage => {
  test('tells what was used and wasted as the API does, and its parts add up to the cost', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency' })
    const body = await stage.answer<Body>('efficiency', { ...WEEK, breakdown_by: 'cluster' })
    const reserved = sum(body.efficiency.map(row => row.workload_idle_cost))
    const tiles = ['Wasted', 'Workload idle', 'Infrastructure idle', /^Used$/]
    const shown = await Promise.all(tiles.map(label => tileOf(page, label)))
    expectAmounts(shown, [
      body.wasted_cost,
      reserved,
      body.wasted_cost - reserved,
      body.total_cost - body.wasted_cost,
    ])
    expect(reserved).toBeGreaterThan(0)
  })

  test('has the rows of the API, the most wasted first, and other orders from the API too', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?by=controller' })
    const query = { ...WEEK, breakdown_by: 'controller' }
    for (const [header, sort, order] of [
      ['Wasted', 'wasted_cost', 'desc'],
      ['CPU used', 'cpu_core_used_hours', 'desc'],
      ['CPU used', 'cpu_core_used_hours', 'asc'],
    ] as const) {
      if (sort !== 'wasted_cost') {
        await page
          .getByRole('table', { name: 'Requested and used' })
          .getByRole('button', { name: header })
          .click()
        await page.waitForURL(url => url.searchParams.get('sort') === sort)
        await page.waitForURL(url => (url.searchParams.get('order') ?? 'desc') === order)
        await settled(page)
      }
      const { efficiency, total_count } = await stage.answer<Body>('efficiency', { ...query, sort, order })
      const table = await readTable(page, 'Requested and used')
      expectAmounts(
        columnOf(table, 'Wasted'),
        efficiency.map(row => row.wasted_cost),
      )
      expectAmounts(
        columnOf(table, 'Cost'),
        efficiency.map(row => row.total_cost),
      )
      expect(table.rows.length).toBe(Math.min(100, total_count))
    }
  })

  test('draws the highest waste first, with idle nodes at their cluster, and a table of the same numbers', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?by=cluster' })
    const { efficiency } = await stage.answer<Body>('efficiency', { ...WEEK, breakdown_by: 'cluster' })
    const clusters = [...new Set(efficiency.map(row => row.cluster))]
    const wasted = clusters
      .map(cluster => sum(efficiency.filter(row => row.cluster === cluster).map(row => row.wasted_cost)))
      .toSorted((one, other) => other - one)
    const bars = page.getByRole('list', { name: 'What is wasted, by cluster, bars' }).getByRole('listitem')
    const texts = await bars.locator('strong').allTextContents()
    expectAmounts(texts, wasted)
    await page
      .getByRole('region', { name: 'What is wasted, by cluster' })
      .getByRole('button', { name: 'Show as table' })
      .click()
    const table = await readTable(page, 'What is wasted, by cluster')
    expectAmounts(columnOf(table, 'Wasted'), wasted)
    expect(new URL(page.url()).searchParams.get('as_table')).toBe('wasted')
  })

  test('shows by the day how much of a resource was used, and reserved beyond that', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?as_table=trend' })
    await page.getByRole('radio', { name: 'CPU' }).check()
    await page.waitForURL(url => url.searchParams.get('trend') === 'cpu')
    const { efficiency } = await stage.answer<Body>('efficiency', {
      ...WEEK,
      breakdown_by: 'cluster',
      step: 'day',
    })
    const table = await readTable(page, 'CPU used and wasted by day')
    const allocated = table.rows.map((_, day) =>
      sum(
        efficiency
          .filter(row => row.start_date === WEEK.start_date + day * DAY)
          .map(row => row.cpu_core_hours ?? 0),
      ),
    )
    const shown = columnOf(table, 'All').map(text => Number.parseFloat(text.replaceAll(',', '')))
    expect(shown).toEqual(allocated.map(hours => Number(hours.toFixed(1))))
    expect(sum(allocated)).toBeGreaterThan(0)
  })

  test('leads from what is wasted to what should be requested instead, with the filters', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?range=today&k8s_cluster=cluster-one' })
    const link = page
      .getByRole('list', { name: 'What is wasted, by namespace, bars' })
      .getByRole('link')
      .first()
    const name = await link.textContent()
    await link.click()
    await page.getByRole('heading', { level: 1, name: 'Rightsizing' }).waitFor()
    const { searchParams } = new URL(page.url())
    expect(searchParams.getAll('k8s_namespace')).toEqual([name])
    expect(searchParams.getAll('k8s_cluster')).toEqual(['cluster-one'])
    expect(searchParams.get('range')).toBe('today')
  })

  test('saves every row as CSV, in the order of the table', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?by=controller&sort=name&order=asc' })
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download CSV' }).click()
    const file = await saving
    expect(file.suggestedFilename()).toBe('efficiency-2026-09-24-2026-09-30.csv')
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
    const { efficiency, total_count } = await stage.answer<Body>('efficiency', {
      ...WEEK,
      breakdown_by: 'controller',
      sort: 'name',
      order: 'asc',
      limit: 1000,
    })
    expect(lines.length).toBe(total_count + 1)
    const column = lines[0]?.split(',').indexOf('name') ?? -1
    expect(lines.slice(1).map(line => line.split(',')[column])).toEqual(efficiency.map(row => row.name))
  })

  test('begins anew where a page is gone, and says so', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?by=pod&cursor=gone&skipped=100' })
    await page
      .getByText('The rows have changed since that page was shown: these are the first ones.')
      .waitFor()
    const pages = page.getByRole('navigation', { name: 'Pages of rows' })
    expect(await pages.textContent()).toMatch(/^1 to 100 of /)
    // The browser tells of the answer that the API refused.
    expect(stage.watched.complaints.length).toBeGreaterThan(0)
    stage.watched.complaints.length = 0
    await pages.getByRole('button', { name: 'Next page' }).click()
    await page.waitForURL(url => url.searchParams.get('skipped') === '100')
    await settled(page)
    expect(await pages.textContent()).toMatch(/^101 to /)
    await page.goBack()
    await settled(page)
    stage.watched.complaints.length = 0
  })

  test.each([
    ['light', 1440, '/efficiency?by=controller'],
    ['dark', 390, '/efficiency?by=node&idle=share&as_table=wasted&as_table=trend'],
  ] as const)(
    'is accessible in the %s theme at %d pixels, and only tables scroll sideways: %s',
    async (colorScheme, width, path) => {
      const page = await stage.page({ colorScheme, viewport: { width, height: 900 } })
      await openDashboard(stage, page, { path })
      await expectAccessible(page)
      expect(await sidewaysScroll(page)).toBe(0)
    },
  )
})
