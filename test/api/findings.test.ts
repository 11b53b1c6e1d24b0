import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FindingRow, FindingsBody } from '../../src/api/schemas/findings.js'
import { rollUpDay } from '../../src/load/rollup.js'
import { publishFacts } from '../support/facts.js'
import { seedAccount } from '../support/seed.js'
import { askRoute, bodyOf, errorOf, rowsOfPages } from './ask-route.js'
import { DAYS, FINDING_RANGE, FROM, LAST_DAY, NODE_MONTH, openFindingWorld, TO } from './finding-world.js'
import { readCsv } from './read-csv.js'
import { FIRST, HOUR, SECOND, SECRET, seedEmptyWindow, type World } from './world.js'

const DAY = 24 * HOUR
const HOURS = DAYS * 24
const NOBODY = '00000000-0000-0000-0000-000000000000'

type Query = Record<string, string | number | string[]>

let world: World
beforeAll(async () => {
  world = await openFindingWorld()
  await seedAccount(world.database.pool, SECOND)
  await seedEmptyWindow(world, SECOND)
})
afterAll(() => world.close())

const ask = (query: Query = {}) => bodyOf<FindingsBody>(world, 'findings', { ...FINDING_RANGE, ...query })

async function named(finding: FindingRow['finding'], query: Query = {}): Promise<Map<string, FindingRow>> {
  const { findings } = await ask({ finding, ...query })
  return new Map(findings.map(row => [`${row.cluster}/${row.name}`, row]))
}

const sumOf = (rows: readonly FindingRow[]) => rows.reduce((sum, row) => sum + (row.saving_month ?? 0), 0)

describe('volumes', () => {
  it('are found that nobody claims and whose claims no pod has mounted, and no others', async () => {
    const found = await named('unclaimed_volume')
    expect([...found.keys()].sort()).toEqual(['one/pv-claimed', 'one/pv-freed', 'one/pv-lost'])
    expect(found.get('one/pv-claimed')).toMatchObject({
      ...{ namespace: 'data', since: FROM, evidence: { claim: 'old', gib: 50, hours: HOURS } },
      ...{ confidence: 1, confidence_level: 'high' },
    })
    expect(found.get('one/pv-claimed')?.cost).toBeCloseTo(0.05 * HOURS, 10)
    expect(found.get('one/pv-claimed')?.saving_month).toBeCloseTo(0.05 * 730, 10)
    expect(found.get('one/pv-lost')).toMatchObject({ namespace: null, evidence: { claim: null } })
  })

  it('that were given up count from then on', async () => {
    const freed = (await named('unclaimed_volume')).get('one/pv-freed')
    expect(freed).toMatchObject({
      since: FROM + 5 * DAY,
      confidence_level: 'medium',
      evidence: { hours: 72 },
    })
    expect(freed?.cost).toBeCloseTo(0.03 * 72, 10)
    expect(freed?.saving_month).toBeCloseTo(0.03 * 730, 10)
    expect(freed?.confidence).toBeCloseTo(3 / 7, 12)
  })

  it('whose claim was mounted before the range are found of the range after it', async () => {
    const later = await named('unclaimed_volume', { start_date: FROM + DAY })
    expect(later.get('one/pv-away')).toMatchObject({ since: FROM + DAY, evidence: { claim: 'away' } })
  })

  it('and balancers of a cluster that does not tell who holds them are unknown', async () => {
    const { by_finding } = await ask({ k8s_cluster: 'three' })
    const unknown = new Map(by_finding.map(one => [one.finding, one]))
    expect(unknown.get('unclaimed_volume')).toMatchObject({ count: 0, unknown: 1 })
    expect(unknown.get('balancer_without_pods')).toMatchObject({ count: 0, unknown: 1 })
  })
})

it('load balancers are found that no pod is behind', async () => {
  const found = await named('balancer_without_pods')
  expect([...found.keys()]).toEqual(['one/forgotten'])
  expect(found.get('one/forgotten')).toMatchObject({ namespace: 'shop', since: FROM })
  expect(found.get('one/forgotten')?.saving_month).toBeCloseTo(0.025 * 730, 10)
})

describe('nodes', () => {
  it('are idle with next to nothing but DaemonSets on them in every hour, and no GPU in use', async () => {
    const found = await named('idle_node')
    expect([...found.keys()].sort()).toEqual(['one/n3', 'one/n4'])
    const evidence = found.get('one/n4')?.evidence as Record<string, number>
    expect(evidence).toMatchObject({
      node_pool: 'general',
      instance_type: 'm5',
      hours: HOURS,
      kept_for: null,
    })
    expect(evidence['highest_cpu_share']).toBeCloseTo(0.2 / 4, 12)
    expect(evidence['highest_ram_share']).toBeCloseTo(0.5 / 16, 12)
    expect(evidence['daemonset_cpu_share']).toBeCloseTo(0.2 / 4, 12)
    expect(found.get('one/n3')?.saving_month).toBeCloseTo(NODE_MONTH, 10)
    // Of a node without a known size it is not known.
    const { by_finding } = await ask()
    expect(by_finding.find(one => one.finding === 'idle_node')?.unknown).toBe(1)
  })

  it('of a group beyond what its highest hour needs are surplus', async () => {
    const group = (await named('over_provisioned_group')).get('two/c5')
    expect(group).toMatchObject({ namespace: null, since: LAST_DAY, confidence_level: 'low' })
    expect(group?.evidence).toMatchObject({
      ...{ grouped_by: 'instance_type', target_utilisation: 0.65, minimum_nodes: 2, peak_resource: 'cpu' },
      ...{ peak_hour: LAST_DAY, nodes_now: 5, nodes_needed: 2, nodes_idle: 0, nodes_surplus: 3 },
    })
    expect(group?.evidence).toMatchObject({
      needed_cpu_cores: expect.closeTo(5 / 0.65, 10),
      needed_ram_gib: expect.closeTo(2.5 / 0.65, 10),
      node_cost_month: expect.closeTo(NODE_MONTH, 10),
    })
    expect(group?.saving_month).toBeCloseTo(3 * NODE_MONTH, 10)
  })

  it.each([
    ['a lower target', { target_utilisation: 0.3 }, 5 / 1.2],
    ['a higher one', { target_utilisation: 1 }, 5 / 4],
  ])('are as many as %s needs', async (_what, query, needed) => {
    const group = (await named('over_provisioned_group', { ...query, k8s_cluster: 'two' })).get('two/c5')
    expect(group === undefined ? 5 : (group.evidence as { nodes_needed: number }).nodes_needed).toBe(
      Math.ceil(needed),
    )
  })

  it('that are idle are not told again as a surplus, and a group tells of what is left of it', async () => {
    // Three cores in the highest hour and another 1.35: two nodes of 4 × 0.65 - 0.2 cores hold them.
    expect((await named('over_provisioned_group')).has('one/general')).toBe(false)
    // One node of 4 - 0.2 cores doesn't: of the surplus of two, both are idle ones.
    expect((await named('over_provisioned_group', { target_utilisation: 1 })).has('one/general')).toBe(false)
    const [whole, none] = [
      await ask({ k8s_cluster: 'one' }),
      await ask({ k8s_cluster: 'one', minimum_nodes: 4 }),
    ]
    expect(sumOf(whole.findings) - sumOf(none.findings)).toBeCloseTo(
      2 * NODE_MONTH - (0.03 * 0.2 + 0.0025) * 730,
      8,
    )
  })

  it('are never fewer than a cluster keeps; the dearest go first', async () => {
    for (const [minimum_nodes, saved] of [
      [3, 1],
      [4, 0],
    ] as const) {
      const idle = [...(await named('idle_node', { minimum_nodes, k8s_cluster: 'one' })).values()]
      expect(
        idle.map(row => (row.evidence as { kept_for: string | null }).kept_for).filter(kept => kept === null),
      ).toHaveLength(saved)
      expect(sumOf(idle)).toBeCloseTo(saved * NODE_MONTH, 10)
    }
    const group = (await named('over_provisioned_group', { minimum_nodes: 6 })).get('two/c5')
    expect(group).toMatchObject({
      evidence: { nodes_surplus: 1 },
      saving_month: expect.closeTo(NODE_MONTH, 10),
    })
  })
})

describe('workloads', () => {
  it('are abandoned that are quiet and still there, and nothing else is', async () => {
    const found = await named('abandoned_workload')
    expect([...found.keys()].sort()).toEqual(['one/forgotten', 'one/old'])
    expect(found.get('one/forgotten')).toMatchObject({
      ...{ namespace: 'legacy', since: FROM, confidence: 1 },
      evidence: {
        ...{ controller_kind: 'Deployment', days: DAYS, pod_hours: HOURS, traffic_bytes_per_second: 0 },
        ...{ cpu_millicores: expect.closeTo(1, 9), traffic_known_share: 1, idle_node_share: 0 },
      },
    })
    expect(found.get('one/forgotten')?.saving_month).toBeCloseTo((0.03 * 0.4 + 0.0025) * 730, 10)
    expect(found.get('one/old')?.evidence).toMatchObject({ traffic_bytes_per_second: 50 })
  })

  it('are unknown where their traffic is not measured', async () => {
    const { by_finding } = await ask({ finding: 'abandoned_workload' })
    expect(by_finding).toEqual([expect.objectContaining({ count: 2, unknown: 1 })])
  })

  it('on an idle node save nothing beside it', async () => {
    const old = (await named('abandoned_workload')).get('one/old')
    expect(old).toMatchObject({ saving_month: 0, evidence: { idle_node_share: 1 } })
    const kept = (await named('abandoned_workload', { minimum_nodes: 4 })).get('one/old')
    expect(kept).toMatchObject({
      saving_month: expect.closeTo((0.03 * 0.2 + 0.0025) * 730, 10),
      evidence: { idle_node_share: 0 },
    })
  })

  it('have to be quiet for as long as asked, up to the end', async () => {
    const names = async (query: Query) => [...(await named('abandoned_workload', query)).keys()].sort()
    expect(await names({ abandoned_days: 9 })).toEqual([])
    expect(await names({ abandoned_days: 4 })).toEqual(['one/forgotten', 'one/old', 'one/woken'])
    const woken = (await named('abandoned_workload', { abandoned_days: 4 })).get('one/woken')
    expect(woken).toMatchObject({ since: FROM + 4 * DAY, evidence: { days: 4 } })
    // Of a range that ends before, the present is not looked at.
    expect(await names({ end_date: FROM + 4 * DAY, abandoned_days: 4 })).toEqual(['one/forgotten', 'one/old'])
  })
})

it('namespaces are found whose containers ask for nothing, where requests are told of', async () => {
  const found = await named('namespace_without_requests')
  expect([...found.keys()]).toEqual(['one/bare'])
  expect(found.get('one/bare')).toMatchObject({
    ...{ namespace: 'bare', saving_month: null, cost: expect.closeTo(2 * 0.0055 * HOURS, 10) },
    evidence: {
      ...{ containers: 2, share_of_containers: 2 / 12, days: DAYS },
      ...{ used_core_hours: expect.closeTo(0.1 * HOURS, 9), used_gib_hours: expect.closeTo(0.4 * HOURS, 9) },
    },
  })
  const { by_finding } = await ask({ finding: 'namespace_without_requests', k8s_cluster: 'three' })
  expect(by_finding).toMatchObject([{ count: 0, unknown: 1 }])
})

describe('savings', () => {
  it('are no more than what the things cost, and all of them no more than everything', async () => {
    for (const query of [{}, { minimum_nodes: 0, target_utilisation: 1 }, { abandoned_days: 1 }]) {
      const { findings } = await ask({ ...query, min_confidence: 0 })
      expect(findings.length).toBeGreaterThan(5)
      for (const row of findings) {
        const hours = (TO - row.since) / HOUR
        const monthly = (row.cost / hours) * 730
        expect(row.saving_month ?? 0, row.name).toBeLessThanOrEqual(monthly * (1 + 1e-9))
        expect(row.saving_month ?? 0).toBeGreaterThanOrEqual(0)
      }
      for (const cluster of ['one', 'two']) {
        const [total] = (
          await bodyOf<{ cluster_cost: { total_cost: number }[] }>(world, 'cluster_cost', {
            ...FINDING_RANGE,
            k8s_cluster: cluster,
          })
        ).cluster_cost
        const hours = (TO - (cluster === 'one' ? FROM : LAST_DAY)) / HOUR
        const own = findings.filter(row => row.cluster === cluster)
        expect(sumOf(own)).toBeLessThanOrEqual(((total?.total_cost ?? 0) / hours) * 730)
      }
    }
  })

  it('add up to the totals, by finding and by how sure they are', async () => {
    const body = await ask()
    expect(body.saving_month).toBeCloseTo(sumOf(body.findings), 8)
    expect(body.total_count).toBe(body.findings.length)
    for (const parts of [body.by_finding, body.by_confidence]) {
      expect(parts.reduce((sum, part) => sum + part.saving_month, 0)).toBeCloseTo(body.saving_month, 8)
      expect(parts.reduce((sum, part) => sum + part.count, 0)).toBe(body.total_count)
    }
    expect(body.by_confidence.map(one => one.confidence_level)).toEqual([
      ...['high', 'medium', 'low', 'insufficient'],
    ])
  })
})

describe('the list of findings', () => {
  const idsOf = (rows: readonly FindingRow[]) => rows.map(({ id }) => id).sort()

  it.each<[string, Query, (row: FindingRow) => boolean]>([
    ['a cluster', { k8s_cluster: 'one' }, row => row.cluster === 'one'],
    ['all but a cluster', { k8s_cluster: '!one' }, row => row.cluster !== 'one'],
    ['a namespace', { k8s_namespace: 'legacy' }, row => row.namespace === 'legacy'],
    ['all but a namespace', { k8s_namespace: '!legacy' }, row => row.namespace !== 'legacy'],
    ['no namespace', { k8s_namespace: NOBODY }, row => row.namespace === null],
    ['any namespace', { k8s_namespace: `!${NOBODY}` }, row => row.namespace !== null],
    ['two findings', { finding: ['idle_node', 'abandoned_workload'] }, row => /idle|aband/.test(row.finding)],
    ['a saving', { min_saving: 36.5 }, row => (row.saving_month ?? -1) >= 36.5],
    ['a confidence', { min_confidence: 0.4 }, row => row.confidence >= 0.4],
    ['nothing', { k8s_cluster: "'; drop table x --" }, () => false],
  ])('is the same rows where %s is asked for', async (_what, query, isAsked) => {
    const [all, some] = [await ask(), await ask(query)]
    const expected = all.findings.filter(isAsked)
    expect(some.findings).toEqual(expect.arrayContaining(expected))
    expect(idsOf(some.findings)).toEqual(idsOf(expected))
    expect(some.saving_month).toBeCloseTo(sumOf(expected), 8)
  })

  it('comes where most is saved first, what is not about money last, over all pages', async () => {
    const rows = await rowsOfPages<FindingRow>(world, 'findings', FINDING_RANGE)
    const savings = rows.map(({ saving_month }) => saving_month ?? Number.NEGATIVE_INFINITY)
    expect(savings).toEqual(savings.toSorted((a, b) => b - a))
    expect(rows.at(-1)).toMatchObject({ finding: 'namespace_without_requests', saving_month: null })
    expect(idsOf(rows)).toEqual(idsOf((await ask()).findings))
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    const byName = await ask({ sort: 'name', order: 'asc' })
    expect(byName.findings.map(({ name }) => name)).toEqual(rows.map(({ name }) => name).sort())
  })

  it('leaves out what is too young to tell, and says so', async () => {
    const young = { start_date: TO - 3 * HOUR }
    const [left, all] = [await ask(young), await ask({ ...young, min_confidence: 0 })]
    expect([left.total_count, left.saving_month]).toEqual([0, 0])
    expect(all.total_count).toBeGreaterThan(5)
    expect(all.findings.map(row => row.confidence_level)).toContain('insufficient')
    expect(left.meta.warnings).toContainEqual({
      code: 'findings_unsure',
      detail: expect.stringMatching(`^${all.total_count} findings`),
    })
  })

  it('has nothing of a cluster that is gone, and says so', async () => {
    const { findings, meta } = await ask({ min_confidence: 0 })
    expect(findings.filter(row => row.cluster === 'four')).toEqual([])
    expect(meta.warnings.map(({ code }) => code)).toContain('cluster_gone')
    // As long as it was there it had them.
    const then = await ask({ k8s_cluster: 'four', end_date: FROM + 2 * HOUR, min_confidence: 0 })
    expect(then.findings.map(({ name }) => name)).toEqual(['c5'])
  })

  it('is the last 14 days unless asked otherwise', async () => {
    const body = await bodyOf<FindingsBody>(world, 'findings')
    expect(body).toMatchObject({ start_date: TO + HOUR - 14 * DAY, end_date: TO + HOUR })
    expect(idsOf(body.findings)).toEqual(idsOf((await ask()).findings))
  })

  it('is empty for an account without facts, and for a range without any', async () => {
    const empty = await bodyOf<FindingsBody>(world, 'findings', {}, SECOND)
    expect(empty).toMatchObject({ total_count: 0, saving_month: 0, findings: [], page: { next: null } })
    expect(empty.by_finding.map(({ count, unknown }) => [count, unknown])).toEqual(Array(6).fill([0, 0]))
    const before = { start_date: FROM - 2 * DAY, end_date: FROM - DAY }
    expect(await ask(before)).toMatchObject({ total_count: 0, findings: [] })
    expect(await ask({ end_date: FROM })).toMatchObject({ total_count: 0, findings: [] })
  })

  it('is a table as well, with dates', async () => {
    const { body } = await askRoute(world, 'findings', { ...FINDING_RANGE, format: 'csv' })
    const [header = [], ...rows] = readCsv(body)
    expect(rows).toHaveLength((await ask()).total_count)
    const [since, evidence] = ['since', 'evidence'].map(name => rows[0]?.[header.indexOf(name)] ?? '')
    expect(since).toBe(new Date(LAST_DAY * 1000).toISOString())
    expect(JSON.parse(evidence ?? '')).toMatchObject({ nodes_surplus: 3 })
  })

  it('refuses what makes no sense', async () => {
    const refused = (query: Query) => errorOf(world, 'findings', query)
    expect(await refused({ finding: 'x' })).toEqual(['OE0217', ['finding']])
    expect(await refused({ target_utilisation: 1.1 })).toEqual(['OE0224', ['target_utilisation', 0.05, 1]])
    expect(await refused({ minimum_nodes: -1 })).toEqual(['OE0224', ['minimum_nodes', 0, 1000]])
    expect(await refused({ abandoned_days: 0 })).toEqual(['OE0224', ['abandoned_days', 1, 400]])
    expect(await refused({ min_confidence: 2 })).toEqual(['OE0224', ['min_confidence', 0, 1]])
    expect(await refused({ start_date: TO, end_date: FROM })).toEqual(['OE0446', ['end_date', 'start_date']])
    expect(await refused({ sort: 'x' })).toEqual(['OE0217', ['sort']])
    expect(await refused({ step: 'day' })).toEqual(['OE0212', ['step']])
    expect(await refused({ ...FINDING_RANGE, cursor: 'AAAA' })).toEqual(['OE0217', ['cursor']])
  })
})

// Last, as they change what is there.
describe('days that are summed', () => {
  it('give the same findings as their hours', async () => {
    const hours = await ask({ min_confidence: 0 })
    for (const clusterId of ['one', 'two', 'three', 'four']) {
      for (let day = FROM; day < TO; day += DAY) {
        await rollUpDay(world.database.pool, { cloudAccountId: FIRST, clusterId, day })
      }
    }
    const days = await ask({ min_confidence: 0 })
    expect(days.findings).toEqual(rounded(hours.findings))
    expect(days.by_finding).toEqual(hours.by_finding)
  })

  it('are not enough where the newest hour is not in them', async () => {
    const { pool } = world.database
    const key = { account: FIRST, cluster: 'one' }
    await publishFacts(pool, key, TO, {})
    await pool.query(`update warehouse.cluster set last_window = to_timestamp($1) where cluster_id = 'one'`, [
      TO,
    ])
    const { findings } = await ask({ end_date: TO + HOUR, k8s_cluster: 'one' })
    expect(findings.map(({ finding }) => finding)).toEqual(['namespace_without_requests'])
  })
})

it('is not sent again to who holds it', async () => {
  const { headers } = await askRoute(world, 'findings', FINDING_RANGE)
  const held = { secret: SECRET, 'if-none-match': String(headers.etag) }
  expect((await askRoute(world, 'findings', FINDING_RANGE, { headers: held })).statusCode).toBe(304)
})

/** Rows with each number of the evidence right to ten digits, as sums of days are summed in another order. */
function rounded(rows: readonly FindingRow[]): unknown[] {
  return rows.map(row => ({
    ...row,
    evidence: Object.fromEntries(
      Object.entries(row.evidence).map(([name, value]) => [
        name,
        typeof value === 'number' ? expect.closeTo(value, 8) : value,
      ]),
    ),
  }))
}
