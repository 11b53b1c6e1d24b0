import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { toMoney } from '../../src/domain/money.js'
import { seedAccount, seedCluster, seedWindow } from '../support/seed.js'
import { openDashboard, settled } from './support/look.js'
import { FROM, TO } from './support/sample.js'
import { describeInBrowser, type Stage } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const HOUR = 3600
const ACCOUNT = '0e57113c-6a1f-4f5b-8d92-3b7c5e9a1d46'
const IMAGE = '<img src=x onerror="alert(1)">'
const NAMES = [
  IMAGE,
  '"><script>alert(1)</script>',
  'javascript:alert(1)',
  '{{7*7}} %3Cb%3E',
  '\u202egnp.gpj\u202c',
  'مساحة-الأسماء',
  '👩‍👩‍👧‍👦'.repeat(6),
  'x'.repeat(253),
  'a b '.repeat(60).trim(),
  '__proto__',
  '=1+2',
]
const VIEWS = ['overview', 'allocation', 'efficiency', 'rightsizing', 'infrastructure', 'pipeline']

async function seedHostile({ database: { pool } }: Stage): Promise<void> {
  await seedAccount(pool, ACCOUNT)
  for (const cluster of [IMAGE, 'c'.repeat(253)]) {
    const key = { account: ACCOUNT, cluster }
    await seedCluster(pool, key, FROM, TO - HOUR)
    for (let window = FROM; window < TO; window += HOUR) {
      await seedWindow(pool, key, window, {
        containers: NAMES.map(name => ({
          ...{
            namespace: name,
            pod: name,
            container: name,
            node: name,
            controller: name,
            controllerKind: name,
          },
          ...{ cpuCost: toMoney(1), ramCost: toMoney(0.5), cpuHours: 1, cpuRequest: 1, cpuUsed: 0.2 },
          labels: { team: name, [IMAGE]: name },
        })),
        nodes: NAMES.map(node => ({ node, cpuCost: toMoney(2), ramCost: toMoney(1) })),
        warnings: [{ code: 'network_not_collected', detail: IMAGE }],
      })
    }
  }
}

/** Elements that no view makes by itself, which a name would have become. */
const MADE = 'main img:not([role]), main script, main b, main iframe, [onerror]'

async function expectText(page: Page): Promise<void> {
  expect(await page.locator(MADE).count()).toBe(0)
  expect(await sidewaysScroll(page)).toBe(0)
}

await describeInBrowser('names from elsewhere', stage => {
  test('are text and no more, and leave the page as wide as its window', async () => {
    await seedHostile(stage)
    for (const viewport of [
      { width: 1440, height: 900 },
      { width: 390, height: 800 },
    ]) {
      const page = await stage.page({ viewport })
      page.on('dialog', dialog => expect.fail(`a name has run: ${dialog.message()}`))
      await openDashboard(stage, page, { account: ACCOUNT })
      for (const view of VIEWS) {
        const title = view.charAt(0).toUpperCase() + view.slice(1)
        await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: title }).click()
        await page.getByRole('heading', { level: 1, name: title }).waitFor()
        await settled(page)
        await expectText(page)
        if (view !== 'rightsizing') expect(await page.locator('main').textContent(), view).toContain(IMAGE)
      }
      await page.context().close()
    }
  })

  test('are looked into, filtered by and gone back to like any other', async () => {
    const page = await stage.page({ viewport: { width: 390, height: 800 } })
    await openDashboard(stage, page, { path: '/allocation?by=namespace', account: ACCOUNT })
    const table = page.getByRole('table', { name: 'Costs' })
    for (const name of NAMES) await table.getByRole('link', { name, exact: true }).waitFor()
    for (const name of [IMAGE, 'x'.repeat(253), '__proto__', 'a b '.repeat(60).trim()]) {
      await table.getByRole('link', { name, exact: true }).click()
      await expect.poll(() => new URL(page.url()).searchParams.getAll('path')).toEqual([`namespace:${name}`])
      await settled(page)
      await table.getByText(name, { exact: true }).first().waitFor()
      await expectText(page)
      await page.goBack()
      await settled(page)
    }
  })
})
