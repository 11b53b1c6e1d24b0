import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Costs, costs, go, paramsOf, totalOf, WEEK } from './support/allocation.js'
import { columnOf, expectAmounts, openDashboard, settled, tileOf } from './support/look.js'
import { SHOP } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

await describeInBrowser('the rows of costs', stage => {
  describe('by any dimension', () => {
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
      await openDashboard(stage, page, { path: '/allocation?by=pod' })
      const query = { ...WEEK, breakdown_by: 'pod', limit: 1000 }
      const { cost_allocation: rows } = await stage.answer<Costs>('cost_allocation', query)
      const shown: string[] = []
      const next = page.getByRole('button', { name: 'Next page' })
      for (;;) {
        const { rows: here } = await costs(page)
        await page
          .getByText(`${shown.length + 1} to ${shown.length + here.length} of ${rows.length} rows`)
          .waitFor()
        shown.push(...columnOf(await costs(page), 'Cost'))
        expect(await totalOf(page)).toBe(await tileOf(page, 'Cost'))
        if ((await next.count()) === 0) break
        await next.click()
        await settled(page)
      }
      expect(shown.length).toBeGreaterThan(200)
      expectAmounts(
        shown,
        rows.map(it => it.total_cost),
      )
      await page.getByRole('button', { name: 'First page' }).click()
      await settled(page)
      expect(paramsOf(page).has('cursor')).toBe(false)

      await go(page, '/allocation?by=pod&cursor=no-cursor&skipped=100')
      await page.getByText('The rows have changed since that page was shown').waitFor()
      expectAmounts(
        columnOf(await costs(page), 'Cost'),
        rows.slice(0, 100).map(it => it.total_cost),
      )
      await page.getByText(`1 to 100 of ${rows.length} rows`).waitFor()
      await page.getByLabel('Rows of a page').selectOption('25')
      await page.getByText(`1 to 25 of ${rows.length} rows`).waitFor()
      expect(paramsOf(page).has('cursor')).toBe(false)
      // The browser tells of the refused question too.
      stage.watched.complaints.length = 0
    })

    test('are never those of another question under its heading', async () => {
      const page = await stage.page()
      await openDashboard(stage, page, { path: '/allocation' })
      let release = () => {}
      const held = new Promise<void>(resolve => {
        release = resolve
      })
      await page.route(/breakdown_by=node/, async route => {
        await held
        await route.continue()
      })
      await page.getByLabel('By', { exact: true }).selectOption({ label: 'Node' })
      await expect.poll(() => page.getByRole('table', { name: 'Costs', exact: true }).count()).toBe(0)
      release()
      await settled(page)
      expect((await costs(page)).headers[0]).toBe('Node')
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

  describe('a CSV of costs', () => {
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
})
