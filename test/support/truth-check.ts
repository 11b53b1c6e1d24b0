import type pg from 'pg'
import { expect } from 'vitest'
import type { Estate } from '../../src/sample/estate.js'
import { truthOf } from '../../src/sample/truth.js'
import type { ContainerTruth, WindowTruth } from '../../src/sample/truth-types.js'
import { EXACT, expectNear, expectSame, PRICE_MOVED } from './near.js'
import { type At, expectAssets, expectNodes, expectRemainders, expectSums } from './truth-check-assets.js'

type Measure = {
  [K in keyof ContainerTruth]: ContainerTruth[K] extends number | null ? K : never
}[keyof ContainerTruth]

/** Figures that don't depend on what a node costs, with their columns. */
const MEASURES: readonly (readonly [Measure, string])[] = [
  ['minutes', 'minutes'],
  ['cpuCoreHours', 'cpu_core_hours'],
  ['ramGibHours', 'ram_gib_hours'],
  ['gpuHours', 'gpu_hours'],
  ['pvGibHours', 'pv_gib_hours'],
  ['pvCost', 'pv_cost'],
  ['networkZoneGib', 'network_zone_gib'],
  ['networkRegionGib', 'network_region_gib'],
  ['networkInternetGib', 'network_internet_gib'],
  ['networkZoneCost', 'network_zone_cost'],
  ['networkRegionCost', 'network_region_cost'],
  ['networkInternetCost', 'network_internet_cost'],
  ['loadBalancerHours', 'load_balancer_hours'],
  ['loadBalancerCost', 'load_balancer_cost'],
]
const UNPACED = MEASURES.filter(([name]) => !name.startsWith('network'))
const NODE_COSTS: readonly (readonly [Measure, string])[] = [
  ['cpuCost', 'cpu_cost'],
  ['ramCost', 'ram_cost'],
  ['gpuCost', 'gpu_cost'],
]

/**
 * Compares every row of every fact table with the estate's truth, and the three sums of every hour with each other.
 * Gives how many container-hours were held to the exact tolerance in all of their parts.
 */
export async function expectTruth(
  pool: pg.Pool,
  estate: Estate,
  from: number,
  to: number,
): Promise<{ exact: number; windows: number }> {
  let exact = 0
  let windows = 0
  for (const truth of truthOf(estate, from, to)) {
    windows++
    exact += await expectWindow(pool, estate, truth)
  }
  return { exact, windows }
}

async function expectWindow(pool: pg.Pool, estate: Estate, truth: WindowTruth): Promise<number> {
  const at: At = {
    pool,
    key: [truth.cloudAccountId, truth.cluster, truth.window],
    about: `${truth.cluster} ${new Date(truth.window * 1000).toISOString()}`,
  }
  const { rows: ledger } = await pool.query(
    `select coverage, checks from warehouse.window_ledger
     where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
    at.key,
  )
  expect(ledger[0]?.coverage, at.about).toBeCloseTo(truth.coverage, 9)
  for (const [id, check] of Object.entries<{ ok: boolean }>(ledger[0]?.checks ?? {}))
    expectSame(check.ok, true, `${at.about} check ${id}`)
  const exact = await expectContainers(at, estate, truth)
  await expectNodes(at, truth)
  await expectAssets(at, truth)
  await expectRemainders(at, truth)
  await expectSums(at)
  return exact
}

interface LoadedContainer extends Record<string, number | string | null | object> {
  readonly labels: Record<string, string> | null
}

async function expectContainers(at: At, estate: Estate, truth: WindowTruth): Promise<number> {
  const loaded = await loadedContainers(at)
  expect([...loaded.keys()].sort(), at.about).toEqual(truth.containers.map(keyOf).sort())
  let exact = 0
  for (const container of truth.containers) {
    const row = loaded.get(keyOf(container))
    if (!row) continue
    const about = `${at.about} ${keyOf(container)}`
    for (const [name, column] of isUnpaced(estate, truth, container) ? UNPACED : MEASURES)
      expectNear(row[column] as number | null, container[name], EXACT, `${about} ${column}`)
    const machines = truth.nodes.filter(node => node.node === container.node)
    if (container.minutes >= 2) expectNames(row, container, machines.length > 1, about)
    // What was never told can't come out right: such prices are estimates, and say so.
    if (machines.some(node => node.priceKnown !== 'all')) continue
    const isPlain = machines.length === 1 && !machines.some(node => node.hasPriceChange)
    const tolerance = isPlain ? EXACT : PRICE_MOVED
    for (const [name, column] of NODE_COSTS)
      expectNear(row[column] as number | null, container[name], tolerance, `${about} ${column}`)
    if (isPlain) exact++
  }
  return exact
}

/** A counter that has a single sample in all that was ever collected tells no growth. */
function isUnpaced(estate: Estate, truth: WindowTruth, { minutes }: ContainerTruth): boolean {
  const isAtEdge = truth.window <= estate.from || truth.window + 3600 >= estate.to
  return isAtEdge && minutes * 60 <= estate.intervalSeconds
}

/** A pod that was there for less than one sample of kube-state-metrics may be unknown to it. */
function expectNames(
  row: LoadedContainer,
  truth: ContainerTruth,
  isReusedNode: boolean,
  about: string,
): void {
  expectSame(row['controller_kind'], truth.controllerKind, `${about} controller_kind`)
  expectSame(row['controller'], truth.controller, `${about} controller`)
  for (const [column, requested] of [
    ['cpu_core_request_hours', truth.cpuCoreRequestHours],
    ['ram_gib_request_hours', truth.ramGibRequestHours],
  ] as const)
    expectNear(row[column] as number | null, requested, EXACT, `${about} ${column}`)
  // Two pods of one name on two machines of one name, each for half an hour: either may be taken for the longer one.
  if (isReusedNode) return
  expectSame(row['pod_uid'], truth.podUid, `${about} pod_uid`)
  expectSame(row['provider_id'], truth.providerId, `${about} provider_id`)
  expect(row.labels, `${about} labels`).toEqual(Object.fromEntries(truth.labels))
}

async function loadedContainers(at: At): Promise<Map<string, LoadedContainer>> {
  const figures = [...MEASURES, ...NODE_COSTS].map(([, column]) => `a.${column}::float8 as ${column}`)
  const { rows } = await at.pool.query<LoadedContainer & ContainerTruth>(
    `select c.namespace, c.pod, c.container, c.node, c.controller_kind, c.controller, c.pod_uid, c.provider_id,
       l.labels, a.cpu_core_request_hours, a.ram_gib_request_hours, ${figures.join(', ')}
     from warehouse.allocation_hourly a
     join warehouse.container c using (cloud_account_id, container_key)
     left join warehouse.label_set l using (cloud_account_id, label_set_key)
     where a.cloud_account_id = $1 and a.cluster_id = $2 and a.window_start = to_timestamp($3)`,
    at.key,
  )
  return new Map(rows.map(row => [keyOf(row), row]))
}

function keyOf(row: Pick<ContainerTruth, 'namespace' | 'pod' | 'container' | 'node'>): string {
  return JSON.stringify([row.namespace, row.pod, row.container, row.node])
}

/** Everything that is published, in one hash, to tell whether two databases hold the same. */
export async function warehouseHash(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ hash: string }>(
    `select md5(string_agg(row_text, E'\\n' order by row_text)) as hash from (
       select to_jsonb(a)::text as row_text from warehouse.allocation_hourly a
       union all select (to_jsonb(c) - 'last_day')::text from warehouse.container c
       union all select (to_jsonb(s) - 'last_day')::text from warehouse.label_set s
       union all select to_jsonb(n)::text from warehouse.node_hourly n
       union all select to_jsonb(i)::text from warehouse.idle_hourly i
       union all select to_jsonb(b)::text from warehouse.asset_hourly b
       union all select to_jsonb(r)::text from warehouse.remainder_hourly r
       union all select to_jsonb(m)::text from warehouse.metric_hourly m
     ) as everything`,
  )
  return rows[0]?.hash ?? ''
}
