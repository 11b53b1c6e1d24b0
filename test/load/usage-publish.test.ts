import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { UsageRow } from '../../src/domain/usage.js'
import { UsageSum } from '../../src/domain/usage-sum.js'
import { renewUsageLease } from '../../src/load/usage-claims.js'
import { readPublished } from '../../src/load/usage-published.js'
import { GIB, usageRow } from '../support/usage-rows.js'
import { CLUSTER, hour, ofHour, openUsageWorld, rowsOf, type UsageWorld } from './usage-world.js'

let world: UsageWorld
beforeEach(async () => {
  world = await openUsageWorld()
})
afterEach(() => world.database.drop())

describe('costs of a window', () => {
  test('are read with their revision, by container, in exact money, with the largest node', async () => {
    await world.publishCosts(hour(1), hour(2), hour(1))
    const found = await readPublished(world.database.pool, CLUSTER, [hour(1), hour(3)])
    expect(found).toMatchObject([{ window: hour(1), revision: 2, largestCpuCores: 8 }])
    const byPod = [...(found[0]?.containers ?? [])].sort((a, b) => (a.pod < b.pod ? -1 : 1))
    expect(byPod).toMatchObject([
      {
        ...{ namespace: 'web', pod: 'a', container: 'app', controllerKind: 'Deployment', controller: 'api' },
        ...{
          minutes: 30,
          cpuCoreHours: 0.5,
          cpuCoreRequestHours: 0.5,
          ramGibHours: 1,
          ramGibRequestHours: null,
        },
        ...{ ramGibUsedHours: 0.25, cpuCost: 15n, ramCost: 4n },
      },
      { pod: 'b', controllerKind: '', controller: '', cpuCoreRequestHours: null, ramCost: 10n ** 13n },
    ])
  })
})

describe('usage of a day', () => {
  test('is stored as it was, and its sums are those of its hours', async () => {
    await world.publishCosts(hour(0), hour(1), hour(2), hour(23))
    const claims = await world.claim()
    const given = claims.map((one, n) => rowsOf(one, ofHour(n)))
    expect(await world.publish(given)).toEqual(claims.map(one => ({ claim: one, outcome: 'collected' })))
    const stored = await world.storedHours()
    const byKey = (row: UsageRow) => `${row.firstWindow} ${row.namespace} ${row.container}`
    const sorted = (rows: readonly UsageRow[]) => [...rows].sort((a, b) => (byKey(a) < byKey(b) ? -1 : 1))
    const plain = (row: UsageRow) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : value]),
      )
    expect(sorted(stored).map(plain)).toEqual(sorted(given.flatMap(({ rows }) => rows.rows)).map(plain))

    const days = await world.storedDays()
    for (const [i, container] of ['app', 'sidecar "x"'].entries()) {
      const sum = new UsageSum()
      for (const { rows } of given)
        for (const row of rows.rows) if (row.container === container && row.namespace === 'web') sum.add(row)
      const total = sum.total()
      expect(days[i]).toMatchObject({
        ...{ container, hours: 4, first: hour(0), last: hour(23), cpu_sum: total.cpuSum },
        ...{ cpu_request: total.cpuRequest, cpu_sketch: Buffer.from(total.cpuSketch ?? []) },
      })
      expect(days[i]?.cpu_cost.replace('.', '')).toBe(String(total.cpuCost).padStart(13, '0'))
    }
    expect(days).toHaveLength(2)
  })

  test('stored a second time changes nothing, and less of it leaves no trace of what was there', async () => {
    await world.publishCosts(hour(0), hour(1))
    await world.publish((await world.claim()).map((one, n) => rowsOf(one, ofHour(n))))
    const before = [await world.hashOf('usage_hourly'), await world.hashOf('usage_daily')]
    await world.publishCosts(hour(0), hour(1))
    await world.publish((await world.claim()).map((one, n) => rowsOf(one, ofHour(n), { revision: 2 })))
    expect([await world.hashOf('usage_hourly'), await world.hashOf('usage_daily')]).toEqual(before)
    await world.publishCosts(hour(0), hour(1))
    await world.publish(
      (await world.claim()).map(one => rowsOf(one, [usageRow()], { revision: 3, points: 26 })),
    )
    expect(await world.storedHours()).toHaveLength(2)
    expect((await world.storedDays()).map(({ container, hours }) => [container, hours])).toEqual([['app', 2]])
  })

  test('stored by two at once has the hours of both in its sums', async () => {
    await world.publishCosts(...Array.from({ length: 12 }, (_, n) => hour(n)))
    const claims = await world.claim()
    await Promise.all(
      [0, 1, 2, 3].map(part =>
        world.publish(
          claims.filter((_, n) => n % 4 === part).map(one => rowsOf(one, ofHour(one.window % 7))),
        ),
      ),
    )
    expect((await world.storedDays()).map(({ hours }) => hours)).toEqual([12, 12])
  })

  test('of more containers than are held at once is summed whole', async () => {
    await world.publishCosts(hour(0), hour(1), hour(2))
    const many = Array.from({ length: 1100 }, (_, n) => usageRow({ controller: `w${n}` }))
    await world.publish((await world.claim()).map(one => rowsOf(one, many)))
    const [sums] = await world.query(
      `select count(*)::int as rows, min(hours) as least, sum(cpu_points)::int as points from warehouse.usage_daily`,
    )
    expect(sums).toEqual({ rows: 1100, least: 3, points: 1100 * 3 * 12 })
  })

  test('of a claim that was overtaken, or of costs that have changed meanwhile, is not stored', async () => {
    await world.publishCosts(hour(0), hour(1))
    const old = await world.claim()
    await world.database.pool.query(
      `update warehouse.usage_window set lease_until = now() where window_start = to_timestamp($1)`,
      [hour(0)],
    )
    const [newer] = await world.claim()
    await world.publishCosts(hour(1))
    const results = await world.publish(old.map(one => rowsOf(one, ofHour(1))))
    expect(results.map(({ outcome }) => outcome)).toEqual(['stale', 'stale'])
    expect(await world.storedHours()).toEqual([])
    expect(await world.storedDays()).toEqual([])
    // The claim that overtook it is still held; the other window is due again at once.
    if (newer === undefined) throw new Error('nothing was claimed')
    expect(await renewUsageLease(world.database.pool, [newer], 60)).toEqual([newer])
    expect((await world.claim()).map(({ window }) => window)).toEqual([hour(1)])
  })

  test('that the source has forgotten stays as it was, and says so', async () => {
    await world.publishCosts(hour(0))
    await world.publish((await world.claim()).map(one => rowsOf(one, [usageRow()])))
    const before = [await world.hashOf('usage_hourly'), await world.hashOf('usage_daily')]
    await world.publishCosts(hour(0))
    const results = await world.publish(
      (await world.claim()).map(one =>
        rowsOf(one, [usageRow({ cpuPoints: 0, cpuSum: null })], { revision: 2, points: 1 }),
      ),
    )
    expect(results.map(({ outcome }) => outcome)).toEqual(['poorer'])
    expect([await world.hashOf('usage_hourly'), await world.hashOf('usage_daily')]).toEqual(before)
    expect(await world.query('select revision, points::int, error_code from warehouse.usage_window')).toEqual(
      [{ revision: 2, points: 13, error_code: 'USAGE_POORER' }],
    )
    expect(await world.claim()).toEqual([])
  })

  test('keeps what the window says of the source and of what was rejected', async () => {
    await world.publishCosts(hour(0))
    const rejects = [{ reason: 'impossible_usage', metric: 'm', count: 2, example: 'pod=x' }]
    await world.publish(
      (await world.claim()).map(one =>
        rowsOf(one, [], { rejects, largestRamBytes: 8 * GIB, cpuSource: 'rule' }),
      ),
    )
    const [row] = await world.query(`select * from warehouse.usage_window`)
    expect(row).toMatchObject({
      ...{
        rejects,
        cpu_source: 'rule',
        step_seconds: 300,
        knows_requests: true,
        knows_oom: true,
        knows_hpa: false,
      },
      ...{
        largest_cpu_cores: 8,
        largest_ram_bytes: 8 * GIB,
        claimed_by: null,
        failures: 0,
        next_try_at: null,
      },
    })
  })
})
