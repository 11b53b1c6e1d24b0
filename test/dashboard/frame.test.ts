import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openDashboard, settled } from './support/look.js'
import { NORTH, SHOP } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const VIEWS = ['Overview', 'Allocation', 'Efficiency', 'Rightsizing', 'Infrastructure', 'Pipeline']
const FOCUSED = 'document.activeElement.textContent'

const linksOf = (page: Page) => page.getByRole('navigation', { name: 'Views' }).getByRole('link')
const headingOf = (page: Page) => page.getByRole('heading', { level: 1 })
const themeOf = (page: Page) =>
  page.evaluate<[string, string]>(
    '[document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]',
  )

await describeInBrowser('the frame', stage => {
  test('has a link to every view, each at a path of its own with a heading that names it', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/?range=today&k8s_namespace=shop' })
    const views = page.getByRole('navigation', { name: 'Views' })
    expect(await linksOf(page).allTextContents()).toEqual(VIEWS)
    for (const view of VIEWS) {
      await linksOf(page).getByText(view, { exact: true }).click()
      await page.getByRole('heading', { level: 1, name: view, exact: true }).waitFor()
      await settled(page)
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      const { pathname, search } = new URL(page.url())
      expect(pathname).toBe(`/${view.toLowerCase()}`)
      // What is looked at comes along.
      expect(search).toContain(`account=${SHOP}`)
      expect(search).toContain('range=today')
      expect(search).toContain('k8s_namespace=shop')
      expect(await page.title()).toBe(`${view} · Kubernetes costs`)
      expect(await views.locator('[aria-current=page]').allTextContents()).toEqual([view])
      expect(await page.evaluate<string>(FOCUSED)).toBe(view)
    }
  })

  test('opens each view from its address', async () => {
    for (const view of VIEWS) {
      const page = await stage.page()
      await openDashboard(stage, page, { path: `/${view.toLowerCase()}` })
      expect(await headingOf(page).textContent()).toBe(view)
      await page.context().close()
    }
  })

  test('is skipped by the first stop of the keyboard', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await page.reload()
    await openDashboard(stage, page)
    const skip = page.getByRole('link', { name: 'Skip to the view' })
    await skip.focus()
    expect(
      await skip.evaluate(
        (link: { getBoundingClientRect(): { top: number } }) => link.getBoundingClientRect().top,
      ),
    ).toBeGreaterThanOrEqual(0)
    await page.keyboard.press('Enter')
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('view')
  })

  test('says how fresh the data is, in UTC wherever one is', async () => {
    const page = await stage.page({ timezoneId: 'Pacific/Auckland' })
    await openDashboard(stage, page)
    await page.getByText('Data to 30 Sept, 08:00 UTC, 15 min ago. All times are UTC.').waitFor()
  })

  test('is dark or light as the system is, until somebody chooses', async () => {
    const page = await stage.page({ colorScheme: 'dark' })
    await openDashboard(stage, page)
    const [name, dark] = await themeOf(page)
    expect(name).toBe('dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(() => themeOf(page)).not.toContain(dark)
    const [, light] = await themeOf(page)
    const toggle = page.getByRole('button', { name: 'Dark' })
    expect(await toggle.getAttribute('aria-pressed')).toBe('false')
    await toggle.click()
    expect(await themeOf(page)).toEqual(['dark', dark])
    expect(await toggle.getAttribute('aria-pressed')).toBe('true')
    await page.emulateMedia({ colorScheme: 'dark' })
    await toggle.click()
    expect(await themeOf(page)).toEqual(['light', light])
  })

  test('is dark before anybody has signed in, where the system is', async () => {
    const page = await stage.page({ colorScheme: 'dark' })
    await page.goto(stage.origin)
    await page.getByLabel('Token').waitFor()
    await expect.poll(async () => (await themeOf(page))[0]).toBe('dark')
  })

  test('writes amounts in the account’s currency', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { account: NORTH })
    const body = (await page.locator('main').textContent()) ?? ''
    expect(body).toContain('€')
    expect(body).not.toContain('$')
  })

  test('is nothing that another page may show or script', async () => {
    const page = await stage.page()
    const response = await page.goto(stage.origin)
    expect(response?.headers()['content-security-policy']).toBe(
      [
        ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"],
        ...["connect-src 'self'", "font-src 'self'", "base-uri 'none'", "form-action 'none'"],
        ...["frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"],
      ].join('; '),
    )
    await page.getByLabel('Token').waitFor()
    // The watch itself is watched: what the policy forbids is seen, and doesn't happen.
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('style'), { textContent: '*{}' }))`,
    )
    await page.evaluate(`setTimeout(() => { document.body.innerHTML = '<b>bold</b>' })`)
    await expect
      .poll(() => stage.watched.complaints.filter(text => text.startsWith('policy:')).length)
      .toBe(2)
    expect(await page.getByText('bold').count()).toBe(0)
    const complaints = stage.watched.complaints.splice(0)
    expect(complaints.join('\n')).toMatch(/policy: style-src-elem inline/)
    expect(complaints.join('\n')).toMatch(/policy: require-trusted-types-for/)
  })
})
