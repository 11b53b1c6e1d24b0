import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { computeRightsizing } from '../../jobs/compute-rightsizing.js'
import type { RightsizingBody } from '../../src/api/schemas/rightsizing.js'
import { PROFILES, type ProfileName } from '../../src/rightsizing/profiles.js'
import { testContext } from '../support/ingest.js'
import { askRoute, bodyOf, errorOf } from './ask-route.js'
import { NOW, seedUsageEstate, WORKLOADS } from './usage-estate.js'
import { HOUR, openWorld, SECOND, SECRET, type World } from './world.js'

const DAY = 24 * HOUR
const NAMES = Object.keys(PROFILES) as ProfileName[]

let world: World
let live: RightsizingBody
beforeAll(async () => {
  world = await openWorld(NOW)
  await seedUsageEstate(world.database.pool)
  live = await bodyOf(world, 'rightsizing')
  await compute()
})
afterAll(() => world.close())

async function compute(now = NOW): Promise<void> {
  const thanos = { queryRange: () => Promise.reject(new Error('recommendations ask nobody')) } as never
  const context = testContext(world.database.pool, thanos, { now: () => now })
  expect(await computeRightsizing.run(context, 'everything')).toMatchObject({ accounts: 2, failed: 0 })
}

/** What is the same however the answer was come by. */
const told = ({ source: _source, computed_at: _computed, meta, page: _page, ...body }: RightsizingBody) => ({
  ...body,
  warnings: meta.warnings,
})

describe('what was computed in advance', () => {
  const cases = [7, 14, 30].flatMap(days => NAMES.map(profile => [days, profile] as const))
  it.each(cases)('from %i days by %s is what is computed when it is asked for', async (days, profile) => {
    const range = { start_date: NOW - days * DAY, end_date: NOW, profile, include_system: 'true' }
    const ready = await bodyOf<RightsizingBody>(world, 'rightsizing', range)
    // The profile's own gate, given: nothing changes but that nothing is ready for it.
    const gate = PROFILES[profile].changeGate
    const asked = await bodyOf<RightsizingBody>(world, 'rightsizing', { ...range, change_gate: gate })
    expect([ready.source, asked.source]).toEqual(['precomputed', 'live'])
    expect(ready.rightsizing).toHaveLength(WORKLOADS.length)
    expect(told(ready)).toEqual(told(asked))
  })

  it('is what an account was told before that', async () => {
    const ready = await bodyOf<RightsizingBody>(world, 'rightsizing')
    expect([live.source, ready.source]).toEqual(['live', 'precomputed'])
    expect(told(ready)).toEqual(told(live))
    expect((await bodyOf<RightsizingBody>(world, 'rightsizing', {}, SECOND)).total_count).toBe(1)
  })

  it('is told without dates however old it is, with a warning that says so', async () => {
    await world.database.pool.query(
      `update warehouse.rightsizing set computed_at = computed_at - interval '30 h',
         window_start = window_start - interval '30 h', window_end = window_end - interval '30 h'`,
    )
    const body = await bodyOf<RightsizingBody>(world, 'rightsizing')
    expect([body.source, body.computed_at]).toEqual(['precomputed', NOW - 30 * HOUR])
    expect(body.meta.warnings.map(({ code }) => code)).toContain('rightsizing_history_differs')
    const dates = { start_date: NOW - 14 * DAY, end_date: NOW }
    expect((await bodyOf<RightsizingBody>(world, 'rightsizing', dates)).source).toBe('live')
    await compute()
  })

  // Last, as it computes anew.
  it('is sent again, and cursors end, once it has been computed anew', async () => {
    const first = await askRoute(world, 'rightsizing', { limit: 1 })
    const cursor = first.json<RightsizingBody>().page.next ?? ''
    const headers = { secret: SECRET, 'if-none-match': String(first.headers.etag) }
    const again = async () => (await askRoute(world, 'rightsizing', { limit: 1 }, { headers })).statusCode
    expect(await again()).toBe(304)
    await compute(NOW + HOUR)
    expect(await again()).toBe(200)
    expect(await errorOf(world, 'rightsizing', { limit: 1, cursor })).toEqual(['OE0217', ['cursor']])
  })
})
