import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type Costs, costs, go, paramsOf, rowLinks, totalOf, WEEK } from './support/allocation.js'
import { amountOf, openDashboard, settled, tileOf } from './support/look.js'
import { NORTH } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const NONE = '00000000-0000-0000-0000-000000000000'

const crumbs = (page: Page) => page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('listitem')

await describeInBrowser('looking into costs', stage => {
  test.each([
    // The row that is looked into at each level is the dearest, or the one after it.
    ['by=cluster', 5, 0],
    ['by=cluster', 5, 1],
    ['by=namespace&idle=share', 4, 1],
    ['by=label:team&share=kube-system&share=monitoring', 4, 0],
    ['by=node&idle=share&idle_by=node', 4, 1],
    ['by=controller&by=cluster&k8s_namespace=!lab', 3, 1],
    ['by=controller_kind&range=2026-09-29..2026-09-29&idle=hide', 4, 0],
  ])('from "%s" down to containers, every total is the cost of its row', async (search, levels, skipped) => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: `/allocation?${search}` })
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
      expect(await tileOf(page, /^Cost of/)).toBe(cost)
      const place = name.split(' / ').at(-1) === 'Without any' ? 'not set' : name.split(' / ').at(-1)
      const here = await crumbs(page).last().textContent()
      if (!search.includes('by=controller&by=cluster') || level > 1) expect(here).toContain(place)
    }
    expect(await rowLinks(page).count()).toBe(0)
    expect((await costs(page)).headers[0]).toBe('Container')
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

  test('by keyboard goes on from the place that was entered', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/allocation' })
    await rowLinks(page).first().press('Enter')
    await settled(page)
    const here = page.locator('[aria-current=page]:focus', { hasText: /^Namespace / })
    await expect.poll(() => here.count()).toBe(1)
    await page.keyboard.press('Tab')
    expect(await page.locator('button:focus').textContent()).toContain('Add filter')
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
