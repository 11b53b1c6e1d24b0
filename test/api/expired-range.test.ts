import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ClusterCostBody } from '../../src/api/schemas/cluster-cost.js'
import type { StatusBody } from '../../src/api/schemas/status.js'
import { seedAccount } from '../support/seed.js'
import { bodyOf, errorOf } from './ask-route.js'
import { FIRST, HOUR, MONDAY, openWorld, seedEmptyWindow, type World } from './world.js'

const DAY = 24 * HOUR
const NOW = MONDAY + DAY
const LAST_SECOND = 253_402_300_799
// Hours are kept for 10 days, sums for 20.
const HOURS_SINCE = NOW - 10 * DAY
const DAYS_SINCE = NOW - 20 * DAY

let world: World

beforeAll(async () => {
  world = await openWorld(NOW)
  await seedAccount(world.database.pool, FIRST)
  await seedEmptyWindow(world, FIRST)
  await world.database.pool.query(
    'update warehouse.cloud_account set retention_hourly_days = 10, retention_daily_days = 20',
  )
  // The oldest day whose sums are still there.
  await world.database.pool.query(
    `insert into warehouse.day_ledger (cloud_account_id, cluster_id, day, hours_expired)
     values ($1, 'one', to_timestamp($2)::date, true)`,
    [FIRST, DAYS_SINCE],
  )
})
afterAll(() => world.close())

const upTo = (end_date: number) => ({ start_date: end_date - DAY, end_date })

it.each([
  ['clusters', {}, DAYS_SINCE],
  ['cluster_cost', { step: 'day' }, DAYS_SINCE],
  ['cluster_cost', { step: 'hour' }, HOURS_SINCE],
  ['assets', {}, DAYS_SINCE],
  ['filters', { dimension: 'namespace' }, DAYS_SINCE],
  ['filters', { dimension: 'pod' }, HOURS_SINCE],
  ['filters', { dimension: 'label' }, HOURS_SINCE],
  ['filters', { dimension: 'namespace', 'label.a': 'b' }, HOURS_SINCE],
  ['rightsizing', {}, DAYS_SINCE],
])(
  '%s with %o refuses what is wholly before what is kept, and says since when',
  async (route, query, since) => {
    const refusal = ['OE0224', ['end_date', since + 1, LAST_SECOND]]
    expect(await errorOf(world, route, { ...upTo(since), ...query })).toEqual(refusal)
    expect(await bodyOf(world, route, { ...upTo(since + 1), ...query })).toHaveProperty('meta')
  },
)

it('status answers it, as freshness does not depend on the range', async () => {
  const { status } = await bodyOf<StatusBody>(world, 'status', upTo(DAYS_SINCE))
  expect(status).toMatchObject([{ cluster: 'one', data_to: MONDAY + HOUR, gaps: [] }])
})

it('a range of which nothing is loaded is an empty list without any total before it', async () => {
  const body = await bodyOf<ClusterCostBody>(world, 'cluster_cost', upTo(NOW - DAY))
  expect(body).toMatchObject({ cluster_cost: [], total_cost: 0, total_count: 0, previous_total: null })
  expect(body.meta.partial).toBe(false)
})
