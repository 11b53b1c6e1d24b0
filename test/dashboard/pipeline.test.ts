import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { columnOf, expectAccessible, openDashboard, readTable, settled } from './support/look.js'
import { EMPTY, FROM, NORTH, SHOP } from './support/sample.js'
import { describeInBrowser } from './support/stage.js'
import { sidewaysScroll } from './support/watch.js'

const HOUR = 3600
const PATH = '/pipeline'

interface Status {
  readonly status: readonly {
    readonly cluster: string
    readonly loaded: number
    readonly open: number
    readonly failed: number
    readonly missing_metrics: readonly { readonly metric: string | null }[]
  }[]
}

/** How an hour is called by what the ledger has of it. */
const WORD = `case
  when revision = 0 then case when state in ('incomplete', 'quarantined') then 'refused or set aside' else 'missing' end
  when reason = 'source_silent' and coverage = 0 then 'missing'
  when reason is not null or coverage < 0.9995 then 'loaded in part'
  else 'loaded' end`

/** A square as the browser has it, as far as it is read. */
interface Named {
  getAttribute(name: string): string | null
}

const namesOf = (cells: Locator): Promise<(string | null)[]> =>
  cells.evaluateAll((found: Named[]) => found.map(cell => cell.getAttribute('aria-label')))

await describeInBrowser('the pipeline', stage => {
  const sql = (text: string, values: readonly unknown[] = []) => stage.database.pool.query(text, [...values])

  /** Words of the 24 squares of the days that have data, newest day first, as the ledger has them. */
  async function ledgerWords(account: string, cluster: string): Promise<string[][]> {
    const { rows } = await sql(
      `select extract(epoch from window_start)::float8 as at, ${WORD} as word
       from warehouse.window_ledger where cloud_account_id = $1 and cluster_id = $2`,
      [account, cluster],
    )
    const words = new Map(rows.map(row => [row.at, row.word]))
    return [FROM + 24 * HOUR, FROM].map(day =>
      Array.from({ length: 24 }, (_, hour) => words.get(day + hour * HOUR) ?? 'not due'),
    )
  }

  test('has a square for every hour, in the state that the ledger has', async () => {
    const broken = `update warehouse.window_ledger set revision = 0, loaded_at = null, coverage = null, next_read_at = null`
    const at = `where cloud_account_id = '${SHOP}' and cluster_id = 'cluster-two' and window_start = to_timestamp($1)`
    await sql(`${broken}, state = 'incomplete', reason = 'source_incomplete' ${at}`, [FROM + 2 * HOUR])
    await sql(`${broken}, state = 'quarantined', reason = null ${at}`, [FROM + 3 * HOUR])
    await sql(`${broken}, state = 'due', reason = null ${at}`, [FROM + 5 * HOUR])
    await sql(`update warehouse.window_ledger set coverage = 0.5 ${at}`, [FROM + 7 * HOUR])
    await sql(`update warehouse.window_ledger set reason = 'suspect' ${at}`, [FROM + 8 * HOUR])
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    for (const cluster of ['cluster-one', 'cluster-two']) {
      const cells = page.getByRole('grid', { name: cluster }).getByRole('gridcell')
      const words = await namesOf(cells)
      expect(words).toEqual((await ledgerWords(SHOP, cluster)).flat())
    }
    await page.getByRole('button', { name: 'Show as table' }).click()
    await settled(page)
    const table = await readTable(page, 'Hours of cluster-two by day')
    const [, first] = table.rows
    expect(first).toEqual(['29 Sept 2026', '19', '2', '1', '2', '0'])
  })

  test('says why hours are missing, and what to do', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    const table = await readTable(page, 'Hours that are missing or in doubt')
    expect(columnOf(table, 'Why').toSorted()).toEqual([
      'a later reading gave less than before',
      'not loaded yet',
      'set aside after failing again and again',
      'the source gave an incomplete or contradictory answer',
    ])
    const advice = columnOf(table, 'What to do').join(' ')
    expect(advice).toContain(
      `k8s-costs backfill --account ${SHOP} --from 2026-09-29T03:00:00Z --to 2026-09-29T04:00:00Z --mode failed`,
    )
  })

  test('is walked through by arrow keys, which tell of each hour', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    const grid = page.getByRole('grid', { name: 'cluster-two' })
    const facts = page.getByRole('region', { name: 'cluster-two', exact: true }).getByRole('status')
    const stops = grid.locator('[tabindex="0"]')
    expect(await stops.count()).toBe(1)
    await stops.focus()
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key)
    await expect
      .poll(() => facts.textContent())
      .toBe(
        '29 Sept 2026, 02:00 to 03:00 UTC. Refused or set aside: the source gave an incomplete or contradictory answer.',
      )
    await page.keyboard.press('Home')
    await expect
      .poll(() => facts.textContent())
      .toBe('29 Sept 2026, 00:00 to 01:00 UTC. Loaded. Measured: 100.0%. Published once.')
    expect(await stops.count()).toBe(1)
  })

  test('shows an hour of which a cluster was silent for a part', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH, account: NORTH })
    const cells = page.getByRole('grid').getByRole('gridcell')
    const words = await namesOf(cells)
    expect(words).toEqual((await ledgerWords(NORTH, 'cluster-one')).flat())
    expect(words).toContain('loaded in part')
  })

  test('tells of every cluster, also where the last attempt at one has failed', async () => {
    await sql(
      `update warehouse.load_run set error_code = 'TRANSFORM_FAILED'
       where cloud_account_id = $1 and cluster_id = 'cluster-two'`,
      [SHOP],
    )
    const page = await stage.page()
    await openDashboard(stage, page, { path: `${PATH}?sort=cluster&order=asc` })
    const { status } = await stage.answer<Status>('status', { sort: 'cluster', order: 'asc' })
    const table = await readTable(page, 'Freshness')
    const shown = ['Loaded', 'Open', 'Failed'].map(header => columnOf(table, header))
    expect(shown).toEqual(
      (['loaded', 'open', 'failed'] as const).map(key => status.map(it => String(it[key]))),
    )
    const [one, two] = columnOf(table, 'Last attempt')
    expect(one).not.toContain('Cost could not be computed')
    expect(two).toContain('Cost could not be computed')
    expect(two).toContain('TRANSFORM_FAILED')
  })

  test('names the series that the source does not send', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    const { status } = await stage.answer<Status>('status')
    const missing = new Set(status.flatMap(it => it.missing_metrics.map(({ metric }) => metric)))
    const table = await readTable(page, 'Series that the source doesn’t send')
    expect(missing.size).toBeGreaterThan(0)
    expect(new Set(columnOf(table, 'Series'))).toEqual(missing)
  })

  test('turns to earlier days, which the address keeps, and goes back', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH })
    await page.getByRole('button', { name: 'Earlier' }).click()
    await page.getByText('No hour of cluster-one was due in these days.').waitFor()
    expect(new URL(page.url()).searchParams.get('until')).toBe('2026-08-30')
    await page.goBack()
    await page.getByRole('grid', { name: 'cluster-one' }).waitFor()
  })

  test('says of an account without anything where to look', async () => {
    const page = await stage.page()
    await openDashboard(stage, page, { path: PATH, account: EMPTY })
    await page.getByText('No cluster of it has been found.').waitFor()
    await page.getByText(`k8s-costs doctor --account ${EMPTY}`).waitFor()
  })

  test('shows some of many clusters at once, whatever their names', async () => {
    const names = ['a', 'b', 'c', '<img src=x onerror=alert(1)>', `\u202e😀${'x'.repeat(240)}`]
    await sql(
      `insert into warehouse.cluster (cloud_account_id, cluster_id, first_window, last_window, watermark)
       select $1, name, to_timestamp($2), to_timestamp($2), to_timestamp($2) from unnest($3::text[]) name`,
      [EMPTY, FROM, names],
    )
    const page = await stage.page({ viewport: { width: 390, height: 800 } })
    await openDashboard(stage, page, { path: `${PATH}?sort=cluster&order=asc`, account: EMPTY })
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0)
    await page.getByText('Clusters 1 to 4 of 5').waitFor()
    await page.getByRole('button', { name: 'Next clusters' }).click()
    await page.getByText('Clusters 5 to 5 of 5').waitFor()
    expect(new URL(page.url()).searchParams.get('clusters')).toBe('2')
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0)
    const table = await readTable(page, 'Freshness')
    expect(new Set(columnOf(table, 'Cluster'))).toEqual(new Set(names.map(name => `${name} active`)))
  })

  test.each(['light', 'dark'] as const)('can be used by everybody, %s and on a phone', async colorScheme => {
    const page = await stage.page({ colorScheme, viewport: { width: 390, height: 800 } })
    await openDashboard(stage, page, { path: PATH })
    expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0)
    await expectAccessible(page)
  })
})
