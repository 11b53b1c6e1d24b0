import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { expectAccessible, openDashboard, settled } from './support/look.js'
import { NORTH, SHOP } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const VIEWS = ['Overview', 'Allocation', 'Efficiency', 'Rightsizing', 'Infrastructure', 'Pipeline']
const LOOKS = [
  [1440, 'light'],
  [390, 'dark'],
] as const

/** Name, size and outline of what has the focus; null for the page as a whole. */
const FOCUSED = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return null
  const style = getComputedStyle(element)
  const box = element.getBoundingClientRect()
  return {
    tag: element.tagName,
    name: element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent.trim(),
    isOutlined: style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2,
    isInSight: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  }
})()`

interface Focused {
  readonly tag: string
  readonly name: string
  readonly isOutlined: boolean
  readonly isInSight: boolean
}

/** What Tab leads to, one after the other, up to the end of the page. */
async function stops(page: Page): Promise<Focused[]> {
  const seen: Focused[] = []
  for (let press = 0; press < 200; press++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<Focused | null>(FOCUSED)
    if (focused === null) return seen
    seen.push(focused)
  }
  throw new Error('the keyboard doesn’t get through the page')
}

async function go(page: Page, view: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click()
  await page.getByRole('heading', { level: 1, name: view }).waitFor()
  await settled(page)
}

await describeInBrowser('for everybody', stage => {
  test.each(VIEWS)(
    '%s breaks no rule, light and wide or dark and narrow, and scrolls sideways in tables only',
    async view => {
      const page = await stage.page({ colorScheme: 'light' })
      await openDashboard(stage, page, { path: `/${view.toLowerCase()}` })
      // Colours are the theme's whatever the width, and places the width's whatever the theme.
      for (const [width, colorScheme] of LOOKS) {
        await page.setViewportSize({ width, height: 900 })
        await page.emulateMedia({ colorScheme })
        await expect.poll(() => page.locator(`html[data-theme=${colorScheme}]`).count()).toBe(1)
        await expectAccessible(page)
        expect(await sidewaysScroll(page)).toBe(0)
      }
    },
  )

  test.each([
    ['the tables in place of charts', '/overview?as_table=cost', SHOP],
    ['hours that are missing', '/overview?range=today', NORTH],
    [
      'rows that were looked into',
      '/allocation?path=cluster:cluster-one&path=namespace:shop&by=controller',
      SHOP,
    ],
    ['filters that leave nothing', '/allocation?k8s_namespace=nowhere', SHOP],
    ['an address that is refused in part', '/efficiency?range=never', SHOP],
  ])('%s break no rule', async (_what, path, account) => {
    const page = await stage.page({ colorScheme: 'dark', viewport: { width: 390, height: 800 } })
    await openDashboard(stage, page, { path, account })
    await expectAccessible(page)
    expect(await sidewaysScroll(page)).toBe(0)
  })

  test.each(['Overview', 'Allocation'])('the keyboard gets through %s, and shows where it is', async view => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await go(page, view)
    await page.reload()
    await openDashboard(stage, page, { path: `/${view.toLowerCase()}` })
    await page.locator('a[href="#view"]').focus()
    await page.keyboard.press('Shift+Tab')
    const seen = await stops(page)
    const names = seen.map(({ name }) => name)
    expect(names.slice(0, 9)).toEqual([
      'Skip to the view',
      ...VIEWS,
      expect.stringContaining('Dark'),
      'Sign out',
    ])
    expect(names).toContain('Days (UTC)')
    expect(seen.filter(({ isOutlined }) => !isOutlined)).toEqual([])
    expect(seen.filter(({ isInSight }) => !isInSight)).toEqual([])
  })

  test('numbers are read with the keyboard step by step where the pointer would hover', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    const bars = page.getByRole('slider', { name: 'Step of Cost by day' })
    await bars.focus()
    expect(await bars.getAttribute('aria-valuetext')).toMatch(/^30 Sept: \$\d/)
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => bars.getAttribute('aria-valuetext')).toMatch(/^29 Sept: \$\d/)
  })
})
