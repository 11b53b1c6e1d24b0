import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { expectAccessible, openDashboard, settled, signIn } from './support/look.js'
import { NORTH, SHOP } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const UNKNOWN = '99999999-9999-4999-8999-999999999999'

/** Everything that a browser keeps of a page, as one text. */
const KEPT = `JSON.stringify([
  { ...localStorage }, { ...sessionStorage }, document.cookie, history.state, location.href, document.title,
  document.documentElement.outerHTML, globalThis.name,
])`

const said = (page: Page) => page.getByRole('alert')

await describeInBrowser('signing in', stage => {
  test.each([
    ['/', '/overview'],
    ['/efficiency?range=today', '/efficiency'],
  ])('leads from %s to the view at %s', async (path, seen) => {
    const page = await stage.page()
    await openDashboard(stage, page, { path })
    expect(new URL(page.url()).pathname).toBe(seen)
    expect(new URL(page.url()).searchParams.get('account')).toBe(SHOP)
  })

  test('is done with the keyboard alone: the account from the address, the token, Enter', async () => {
    const page = await stage.page()
    await page.goto(`${stage.origin}/?account=${SHOP}`)
    expect(await page.getByLabel('Cloud account').inputValue()).toBe(SHOP)
    await page.getByLabel('Cloud account').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.type(await stage.token())
    await page.keyboard.press('Enter')
    await settled(page)
  })

  test('keeps the token nowhere but in memory', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    await page.getByRole('link', { name: 'Efficiency' }).click()
    await settled(page)
    const token = await stage.token()
    expect(await page.evaluate<string>(KEPT)).toContain(SHOP)
    expect(await page.evaluate<string>(KEPT)).not.toContain(token)
    expect(JSON.stringify(await page.context().storageState())).not.toContain(token)
    expect(stage.watched.requests.length).toBeGreaterThan(5)
    expect(stage.watched.requests.join('\n')).not.toContain(token)
    await page.reload()
    await page.getByRole('button', { name: 'Open' }).waitFor()
    expect(await page.getByLabel('Token').inputValue()).toBe('')
  })

  test('hides the token while it is typed, and has no browser remember it', async () => {
    const page = await stage.page()
    await page.goto(stage.origin)
    const token = page.getByLabel('Token')
    expect(await token.getAttribute('type')).toBe('password')
    expect(await token.getAttribute('autocomplete')).toBe('off')
    await expectAccessible(page)
  })

  test('asks nothing while a field is empty, and says which one', async () => {
    const page = await stage.page()
    await page.goto(stage.origin)
    await signIn(page, '  ', await stage.token())
    await said(page).getByText('Enter the id of the cloud account.').waitFor()
    await signIn(page, SHOP, ' ')
    await said(page).getByText('Enter a token of the account.').waitFor()
    await expectAccessible(page)
    expect(stage.watched.requests.filter(url => url.includes('/restapi/'))).toEqual([])
  })

  test('takes blanks around account and token for a slip of the hand', async () => {
    const page = await stage.page()
    await page.goto(stage.origin)
    await signIn(page, ` ${SHOP} `, ` ${await stage.token()}\n`)
    await settled(page)
    expect(new URL(page.url()).searchParams.get('account')).toBe(SHOP)
  })

  test('refuses a token that is not known, and an account that is not the token’s, each with the request', async () => {
    const page = await stage.page()
    await page.goto(stage.origin)
    await signIn(page, SHOP, 'kc_0123456789abcdef_mistyped')
    await said(page)
      .getByText(/^This token is not known: .* \(request [\w-]+\)\.$/)
      .waitFor()
    for (const account of [UNKNOWN, NORTH]) {
      await signIn(page, account, await stage.token())
      await said(page)
        .getByText(/^There is no such cloud account, or the token is of another one \(request [\w-]+\)\.$/)
        .waitFor()
      expect(page.url()).not.toContain(account)
    }
    expect(await page.getByRole('navigation').count()).toBe(0)
    await expectAccessible(page)
    expect(stage.watched.complaints.splice(0).map(text => /status of (\d+)/.exec(text)?.[1])).toEqual([
      '401',
      '404',
      '404',
    ])
    await signIn(page, SHOP, await stage.token())
    await settled(page)
  })

  test('says that the server is away, and goes on when it is back', async () => {
    const page = await stage.page()
    await page.goto(stage.origin)
    await page.route('**/restapi/**', route => route.abort('connectionrefused'))
    await signIn(page, SHOP, await stage.token())
    await said(page).getByText('The server can’t be reached. Try again.').waitFor()
    await expectAccessible(page)
    expect(stage.watched.complaints.splice(0).join()).toMatch(/ERR_CONNECTION_REFUSED/)
    await page.unroute('**/restapi/**')
    await page.getByRole('button', { name: 'Open' }).click()
    await settled(page)
  })

  test('is forgotten by signing out', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/efficiency?range=today' })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
    expect(await page.getByLabel('Token').inputValue()).toBe('')
    expect(await page.getByLabel('Cloud account').inputValue()).toBe(SHOP)
    expect(page.url()).toContain('/efficiency?range=today')
    expect(await page.evaluate<string>(KEPT)).not.toContain(await stage.token())
  })
})
