import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Costs, costs, go, paramsOf, totalOf, WEEK } from './support/allocation.js'
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
import { FROM, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const HOUR = 3600
const DAY = 24 * HOUR
const NONE = '00000000-0000-0000-0000-000000000000'

const chips = (page: Page) => page.getByRole('region', { name: 'Filters' }).getByRole('listitem')

await describeInBrowser('the view of costs', stage => {
  describe('costs as time goes by', () => {
    test('are the ten dearest, the rest and idle, and add up to the bill at each step', async () => {
      const page = await stage.page()
      for (const search of [
        'by=controller',
        'by=cluster&by=label:team&idle=share',
        'by=namespace&step=hour',
      ]) {
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
          json: {
            error: { status_code: 503, error_code: 'OE0500', reason: 'It takes too long', params: [] },
          },
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

  describe('filters', () => {
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

  describe('the page', () => {
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

    test('compares what is loaded of today with as many hours before', async () => {
      const page = await stage.page()
      await openDashboard(stage, page, { path: '/allocation?range=today' })
      const query = { start_date: FROM + DAY, end_date: TO, breakdown_by: 'namespace' }
      const body = await stage.answer<Costs & { previous_total: number }>('cost_allocation', query)
      const { total_cost: now, previous_total: before } = body
      expectAmounts([await tileOf(page, 'In the equally long range before')], [before])
      const { headers, footer, rows } = await costs(page)
      const change = `${now > before ? '+' : '-'}${Math.abs((now / before - 1) * 100).toFixed(1)}%`
      expect(footer[headers.indexOf('Change')]).toBe(change)
      const fee = rows.find(([name]) => name === 'Cluster management fee')
      expect(fee?.[headers.indexOf('Change')]).toBe('0.0%')
    })

    test('costs the same however idle cost is shown; without it, less by just that', async () => {
      const page = await stage.page()
      await openDashboard(stage, page, { path: '/allocation' })
      const table = await costs(page)
      const [, idle = ''] = table.rows.find(([name]) => name === 'Idle') ?? []
      const whole = await totalOf(page)
      for (const way of ['Shared out within clusters', 'Shared out within nodes']) {
        await page.getByLabel('Idle cost').selectOption({ label: way })
        await expect.poll(() => paramsOf(page).get('idle')).toBe('share')
        await settled(page)
        expect(await totalOf(page)).toBe(whole)
      }
      await page.getByLabel('Idle cost').selectOption({ label: 'Left out' })
      await expect.poll(() => paramsOf(page).get('idle')).toBe('hide')
      await settled(page)
      expect(amountOf(idle)).toBeGreaterThan(0)
      const left = (amountOf(await totalOf(page)) ?? 0) + (amountOf(idle) ?? 0)
      expect(Math.abs(left - (amountOf(whole) ?? 0))).toBeLessThan(0.02)
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
})
