import { expect, test } from 'vitest'
import { columnOf, expectAmounts, openDashboard, readTable, settled, tileOf } from './support/look.js'
import { FROM, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const HOUR = 3600
const WEEK = { start_date: FROM - 5 * 24 * HOUR, end_date: TO + HOUR }

interface Efficiency {
  readonly total_cost: number
  readonly wasted_cost: number
  readonly efficiency: readonly {
    readonly name: string
    readonly total_cost: number
    readonly wasted_cost: number
    readonly workload_idle_cost: number
    readonly infra_idle_cost: number
  }[]
}

interface Advice {
  readonly gross_decrease: number
  readonly gross_increase: number
  readonly net: number
  readonly total_count: number
  readonly rightsizing: readonly {
    readonly container: string
    readonly controller: string
    readonly saving_month: number | null
    readonly cost_month: number | null
    readonly snippet: string | null
  }[]
}

await describeInBrowser('waste', stage => {
  test('is shown as the API tells it, the most of it first', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?by=controller' })
    const api = await stage.answer<Efficiency>('efficiency', {
      ...WEEK,
      breakdown_by: 'controller',
      sort: 'wasted_cost',
    })
    expectAmounts([await tileOf(page, 'Wasted')], [api.wasted_cost])
    const table = await readTable(page, 'Requested and used')
    const shown = api.efficiency.slice(0, table.rows.length)
    const columns = {
      Wasted: 'wasted_cost',
      Cost: 'total_cost',
      'Workload idle': 'workload_idle_cost',
      'Infra idle': 'infra_idle_cost',
    } as const
    for (const [header, key] of Object.entries(columns)) {
      expectAmounts(
        columnOf(table, header),
        shown.map(row => row[key]),
      )
    }
    const footer = [table.headers.indexOf('Wasted'), table.headers.indexOf('Cost')].map(
      at => table.footer[at] ?? '',
    )
    expectAmounts(footer, [api.wasted_cost, api.total_cost])
  })

  test('leads from a row to what it costs, with what is looked at', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?range=today&by=namespace' })
    const link = page.getByRole('table', { name: 'Requested and used' }).getByRole('link').first()
    const name = await link.textContent()
    await link.click()
    await page.getByRole('heading', { level: 1, name: 'Allocation' }).waitFor()
    await settled(page)
    const { searchParams } = new URL(page.url())
    expect(searchParams.getAll('path')).toEqual([`namespace:${name}`])
    expect(searchParams.get('range')).toBe('today')
  })

  test('is what advice on requests is about: amounts and totals of the API', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing' })
    const api = await stage.answer<Advice>('rightsizing', { sort: 'saving_month', limit: 50 })
    const table = await readTable(page, 'Advice for each container')
    expect(table.rows.length).toBe(api.rightsizing.length)
    expectAmounts(
      columnOf(table, 'Saves a month'),
      api.rightsizing.map(row => row.saving_month),
    )
    expectAmounts(
      columnOf(table, 'Costs a month'),
      api.rightsizing.map(row => row.cost_month),
    )
    const names = columnOf(table, 'Container')
    for (const [index, { container }] of api.rightsizing.entries()) expect(names[index]).toContain(container)
    expectAmounts(
      [
        await tileOf(page, 'Lower requests save'),
        await tileOf(page, 'Higher requests cost'),
        await tileOf(page, /^In all/),
      ],
      [api.gross_decrease, Math.abs(api.gross_increase), Math.abs(api.net)],
    )
    expect(await tileOf(page, 'Containers')).toBe(String(api.total_count))
  })

  test('is advised on by the profile that is chosen', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing' })
    const balanced = await tileOf(page, 'Lower requests save')
    await page.getByRole('radio', { name: 'Safe' }).check({ force: true })
    await expect.poll(() => page.getByText(/^Safe: /).count()).toBe(1)
    await settled(page)
    const api = await stage.answer<Advice>('rightsizing', { profile: 'safe', limit: 1 })
    expectAmounts([await tileOf(page, 'Lower requests save')], [api.gross_decrease])
    expect(await tileOf(page, 'Lower requests save')).not.toBe(balanced)
    expect(new URL(page.url()).searchParams.get('profile')).toBe('safe')
  })

  test('comes with what to type, which can be copied', async () => {
    const page = await stage.page({ permissions: ['clipboard-write'] })
    await openDashboard(stage, page, { path: '/rightsizing?action=decrease' })
    const { rightsizing } = await stage.answer<Advice>('rightsizing', { action: 'decrease', limit: 1 })
    const [first] = rightsizing
    await page
      .getByRole('table', { name: 'Advice for each container' })
      .getByRole('button', { expanded: false })
      .filter({ hasText: first?.container ?? '' })
      .first()
      .click()
    await page.getByRole('button', { name: 'Copy the YAML' }).click()
    await page.getByText('Copied').waitFor()
    expect(first?.snippet).toBeTruthy()
    // Of what was copied a field of the page tells, in one line.
    await page.getByRole('button', { name: 'Add filter' }).click()
    const field = page.getByRole('region', { name: 'Filters' }).locator('input').first()
    await field.focus()
    await page.keyboard.press('ControlOrMeta+V')
    await expect.poll(() => field.inputValue()).toBe(first?.snippet?.replaceAll('\n', ' '))
    expect(new URL(page.url()).searchParams.getAll('open').length).toBe(1)
  })
})
