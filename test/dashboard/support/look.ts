import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { SHOP } from './sample.js'
import type { Stage } from './stage.js'

interface Way {
  /** With its query, but for the account. */
  readonly path?: string
  readonly account?: string
}

/** Opens a path, signs in, and waits until the view is whole. */
export async function openDashboard(
  stage: Stage,
  page: Page,
  { path = '/', account = SHOP }: Way = {},
): Promise<void> {
  await page.goto(`${stage.origin}${path}`)
  await signIn(page, account, await stage.token(account))
  await settled(page)
}

/** Fills in the form and sends it. */
export async function signIn(page: Page, account: string, token: string): Promise<void> {
  await page.getByLabel('Cloud account').fill(account)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Open' }).click()
}

/** Waits until there is a view and nothing of it is being loaded any more. */
export async function settled(page: Page): Promise<void> {
  await idle(page)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await gone(page.getByText(/^Loading .*…$/))
  await gone(page.locator('table[aria-busy=true]'))
}

/** Waits until the page has drawn what follows from the last thing that was done to it. */
const idle = (page: Page) =>
  page.evaluate('new Promise(done => requestIdleCallback(done, { timeout: 2000 }))')

async function gone(locator: Locator): Promise<void> {
  await expect.poll(() => locator.count(), { timeout: 20_000, interval: 30 }).toBe(0)
}

/** The texts of a table, row by row, header and footer among them. */
export interface Table {
  readonly headers: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly footer: readonly string[]
}

/** A table as the browser has it, as far as it is read. */
interface TableElement {
  readonly tHead: Section | null
  readonly tBodies: Iterable<Section>
  readonly tFoot: Section | null
}

interface Section {
  readonly rows: Iterable<{ readonly cells: Iterable<{ readonly textContent: string }> }>
}

/** What stands in the table of this accessible name. */
export async function readTable(page: Page, name: string): Promise<Table> {
  const table = page.getByRole('table', { name, exact: true })
  await table.waitFor()
  // Runs in the browser, and so has all that it needs inside.
  const read = await table.evaluate(({ tHead, tBodies, tFoot }: TableElement) => {
    const rowsOf = (part: Section | null) =>
      [...(part?.rows ?? [])].map(row => [...row.cells].map(cell => cell.textContent.trim()))
    return {
      headers: rowsOf(tHead)[0] ?? [],
      rows: [...tBodies].flatMap(rowsOf),
      footer: rowsOf(tFoot)[0] ?? [],
    }
  })
  // Signs that point the way of sorting are no part of a name.
  return { ...read, headers: read.headers.map(header => header.replace(/\s*[↑↓↕]$/, '')) }
}

/** The texts of one column. */
export function columnOf({ headers, rows }: Table, header: string): string[] {
  const index = headers.indexOf(header)
  if (index < 0) throw new Error(`no column ${header} among ${headers.join(', ')}`)
  return rows.map(row => row[index] ?? '')
}

/** The amount that a text begins with, whatever its currency; null for what is not known. */
export function amountOf(text: string): number | null {
  if (text.startsWith('–')) return null
  const found = /^([-−+]?)\D{0,4}?(\d[\d,]*(?:\.\d+)?)/.exec(text)
  if (found === null) throw new Error(`no amount: ${text}`)
  const [, sign, digits = ''] = found
  return (sign === '-' || sign === '−' ? -1 : 1) * Number(digits.replaceAll(',', ''))
}

/** The value of the tile with this label, whatever the label explains after a colon. */
export async function tileOf(page: Page, label: string | RegExp): Promise<string> {
  const hasText = typeof label === 'string' ? new RegExp(`^${label}(:.*)?$`) : label
  const value = page.locator('dt', { hasText }).locator('xpath=following-sibling::dd[1]')
  return ((await value.textContent()) ?? '').trim()
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const RUN = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(node => id + ': ' + node.html + ' ' + node.failureSummary)))`

/** Fails for every rule of accessibility that the page as it is breaks. */
export async function expectAccessible(page: Page): Promise<void> {
  // What the debugger runs is not bound by the page's policy.
  await page.evaluate(AXE)
  expect(await page.evaluate<string[]>(RUN)).toEqual([])
}

/** Fails unless these are the amounts that the texts show, to the cent; null is shown as unknown. */
export function expectAmounts(texts: readonly string[], amounts: readonly (number | null)[]): void {
  const shown = texts.map(amountOf)
  expect(shown.map(amount => amount === null)).toEqual(amounts.map(amount => amount === null))
  shown.forEach((amount, index) => {
    const expected = amounts[index] ?? 0
    expect(Math.abs((amount ?? 0) - expected), `${texts[index]} for ${expected}`).toBeLessThanOrEqual(0.00501)
  })
}
