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
import { EMPTY } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const TABLE = 'Advice for each container'

interface Row {
  readonly cluster: string
  readonly namespace: string
  readonly controller_kind: string
  readonly controller: string
  readonly container: string
  readonly saving_month: number | null
  readonly reasons: readonly string[]
  readonly snippet: string | null
  readonly kubectl: string | null
}

interface Body {
  readonly gross_decrease: number
  readonly gross_increase: number
  readonly net: number
  readonly total_count: number
  readonly rightsizing: readonly Row[]
  readonly confidence_levels: readonly { readonly count: number; readonly net: number }[]
}

const keyOf = (row: Row) =>
  [row.cluster, row.namespace, row.controller_kind, row.controller, row.container].join('/')

await describeInBrowser('the rightsizing view', stage => {
  test('shows the totals and rows of the API, the highest saving first', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing' })
    const body = await stage.answer<Body>('rightsizing', { limit: 50 })
    const tiles = ['Lower requests save', 'Higher requests cost', /^In all it/]
    expectAmounts(await Promise.all(tiles.map(label => tileOf(page, label))), [
      body.gross_decrease,
      -body.gross_increase,
      Math.abs(body.net),
    ])
    expect(await tileOf(page, 'Containers')).toBe(String(body.total_count))
    const table = await readTable(page, TABLE)
    expectAmounts(
      columnOf(table, 'Saves a month'),
      body.rightsizing.map(row => row.saving_month),
    )
    const levels = await readTable(page, 'Totals by confidence')
    expectAmounts(
      columnOf(levels, 'In all a month'),
      body.confidence_levels.map(level => level.net),
    )
  })

  test.each(['cost', 'safe', 'krr', 'kubecost'])(
    'asks for the profile %s, which the address names',
    async profile => {
      const page = await stage.page()
      await openDashboard(stage, page, { path: '/rightsizing' })
      await page.locator(`input[value=${profile}]`).check()
      await page.waitForURL(url => url.searchParams.get('profile') === profile)
      await settled(page)
      const { gross_decrease } = await stage.answer<Body>('rightsizing', { profile })
      expectAmounts([await tileOf(page, 'Lower requests save')], [gross_decrease])
    },
  )

  test('narrows by what to do, confidence and saving, and takes it back with the back button', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing' })
    const all = await tileOf(page, 'Containers')
    await page.getByLabel('What to do').selectOption('decrease')
    await page.waitForURL(url => url.searchParams.get('action') === 'decrease')
    await page.getByLabel('Saves a month at least').fill('1.5')
    await page.keyboard.press('Enter')
    await page.waitForURL(url => url.searchParams.get('min_saving') === '1.5')
    await settled(page)
    const narrowed = await stage.answer<Body>('rightsizing', { action: 'decrease', min_saving: 1.5 })
    expect(await tileOf(page, 'Containers')).toBe(String(narrowed.total_count))
    expect(String(narrowed.total_count)).not.toBe(all)
    await page.getByLabel('Saves a month at least').fill('much')
    await page.getByText('Enter a number, as in 2.50.').waitFor()
    await page.goBack()
    await page.goBack()
    await settled(page)
    expect(await tileOf(page, 'Containers')).toBe(all)
    await page.getByLabel('Saves a month at least').fill('99999')
    await page.keyboard.press('Tab')
    await page.getByText('Your choices leave nothing.').waitFor()
  })

  test('opens a row by keyboard to its use, the reasons, and what to type; the address keeps it open', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing' })
    const { rightsizing } = await stage.answer<Body>('rightsizing', { limit: 50 })
    const [first] = rightsizing
    if (first === undefined) throw new Error('no advice')
    const opener = page
      .getByRole('table', { name: TABLE })
      .getByRole('button', { name: first.container })
      .first()
    await opener.focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(url => url.searchParams.get('open') === keyOf(first))
    expect(await opener.getAttribute('aria-expanded')).toBe('true')
    const numbers = await readTable(page, `Requests and use of ${first.container} in ${first.controller}`)
    expect(columnOf(numbers, 'Resource')).toEqual(['CPU', 'Memory'])
    await page
      .getByRole('img', { name: /^CPU: requested now .*, advised .*, used on the average / })
      .waitFor()
    await page.getByRole('img', { name: /^Memory: requested now / }).waitFor()
    expect(await page.locator('pre').allTextContents()).toEqual([first.snippet, first.kubectl])
    expect(await page.getByRole('table', { name: TABLE }).locator('dt').count()).toBe(first.reasons.length)
  })

  test('copies what to type, and selects it where the browser has no clipboard for the page', async () => {
    const page = await stage.page()
    const { rightsizing } = await stage.answer<Body>('rightsizing')
    const [first] = rightsizing
    if (first === undefined) throw new Error('no advice')
    const path = `/rightsizing?${new URLSearchParams({ open: keyOf(first) })}`
    await page.context().grantPermissions(['clipboard-write'])
    await openDashboard(stage, page, { path })
    await page.getByRole('button', { name: 'Copy the kubectl command' }).click()
    await page
      .getByRole('status')
      .filter({ hasText: /^Copied$/ })
      .waitFor()
    // Pages may not read the clipboard: it is pasted.
    const field = page.getByLabel('Saves a month at least')
    await field.focus()
    await page.keyboard.press('ControlOrMeta+V')
    expect(await field.inputValue()).toBe(first.kubectl)
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`)
    await page.getByRole('button', { name: 'Copy the YAML' }).click()
    await page.getByText('Selected: press Ctrl+C or ⌘C').waitFor()
    expect((await page.evaluate<string>('getSelection().toString()')).trim()).toBe(first.snippet?.trim())
  })

  test('says which filters of other views do nothing here, and asks with the others', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing?k8s_namespace=shop&k8s_node=x&label.team=red' })
    await page.getByText('Advice is not told apart by node, label team').waitFor()
    const { total_count } = await stage.answer<Body>('rightsizing', { k8s_namespace: 'shop' })
    expect(await tileOf(page, 'Containers')).toBe(String(total_count))
    await page.getByRole('button', { name: 'Add filter' }).click()
    const offered = await page.getByLabel('Filter by').locator('option').allTextContents()
    expect(offered).toEqual(['Cluster', 'Namespace', 'Controller kind', 'Controller', 'Container'])
  })

  test('saves all of the advice as CSV', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing?action=decrease' })
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download CSV' }).click()
    expect((await saving).suggestedFilename()).toBe('rightsizing-2026-09-30.csv')
  })

  test('of an account of which nothing is loaded says so', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: '/rightsizing', account: EMPTY })
    await page.getByText('Nothing of this account is loaded yet.').waitFor()
  })

  test.each([
    ['light', 1440],
    ['dark', 390],
  ] as const)(
    'is accessible in the %s theme at %d pixels, and only tables scroll sideways',
    async (colorScheme, width) => {
      const page = await stage.page({ colorScheme, viewport: { width, height: 900 } })
      const { rightsizing } = await stage.answer<Body>('rightsizing')
      const open = rightsizing.slice(0, 2).map((row): [string, string] => ['open', keyOf(row)])
      await openDashboard(stage, page, { path: `/rightsizing?${new URLSearchParams(open)}` })
      await expectAccessible(page)
      expect(await sidewaysScroll(page)).toBe(0)
    },
  )
})
