import type { Page } from 'playwright-core'
import { readTable, settled } from './look.js'
import { FROM, TO } from './sample.js'

const HOUR = 3600
const DAY = 24 * HOUR
/** What is shown unless told: the last seven days, up to the end of the hour that is running. */
export const WEEK = { start_date: FROM - 5 * DAY, end_date: TO + HOUR }

/** What the API answers of costs. */
export interface Costs {
  readonly total_cost: number
  readonly total_count: number
  readonly cost_allocation: readonly {
    readonly kind: string
    readonly start_date: number
    readonly total_cost: number
    readonly cpu_cost: number
    readonly network_cost: number | null
  }[]
}

/** The table of rows. */
export const costs = (page: Page) => readTable(page, 'Costs')

/** The names of rows that can be looked into. */
export const rowLinks = (page: Page) =>
  page.getByRole('table', { name: 'Costs', exact: true }).getByRole('link')

/** The parameters of the page's address. */
export const paramsOf = (page: Page) => new URL(page.url()).searchParams

/** The cost in the table's total row. */
export async function totalOf(page: Page): Promise<string> {
  const { headers, footer } = await costs(page)
  return footer[headers.indexOf('Cost')] ?? ''
}

/** Opens a path of the dashboard, with its query, without signing in again. */
export async function go(page: Page, path: string): Promise<void> {
  const [pathname, query = ''] = path.split('?')
  const search = new URLSearchParams(query)
  search.set('account', paramsOf(page).get('account') ?? '')
  await page.evaluate(
    `history.pushState({}, '', ${JSON.stringify(`${pathname}?${search}`)}); dispatchEvent(new PopStateEvent('popstate'))`,
  )
  await settled(page)
}
