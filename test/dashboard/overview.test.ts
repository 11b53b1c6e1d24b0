import { expect, test } from 'vitest'
import { amountOf, columnOf, expectAccessible, openDashboard, readTable, tileOf } from './support/look.js'
import { FROM, SHOP, TO } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'

const DAY = 86_400
/** The default: the last seven days, today so far. */
const WEEK = { start_date: FROM - 5 * DAY, end_date: TO + 3600 }

interface Clusters {
  readonly total_cost: number
  readonly clusters: readonly { readonly cluster: string; readonly total_cost: number }[]
}

await describeInBrowser('the overview', stage => {
  test('shows what the API says, and that what SQL says', async () => {
    const page = await stage.page()
    await openDashboard(stage, page)
    const { rows: sql } = await stage.database.pool.query<{ cost: number }>(
      'select sum("EffectiveCost")::float8 as cost from analytics.focus_cost_and_usage where "BillingAccountId" = $1',
      [SHOP],
    )
    const api = await stage.answer<Clusters>('clusters', WEEK)
    expect(api.total_cost).toBeCloseTo(sql[0]?.cost ?? Number.NaN, 6)
    expect(amountOf(await tileOf(page, 'Cost'))).toBeCloseTo(api.total_cost, 2)
    const table = await readTable(page, 'Clusters')
    expect(columnOf(table, 'Cluster')).toEqual(api.clusters.map(it => it.cluster))
    columnOf(table, 'Cost').forEach((text, index) =>
      expect(amountOf(text)).toBeCloseTo(api.clusters[index]?.total_cost ?? Number.NaN, 2),
    )
    await expectAccessible(page)
  })
})
