import type pg from 'pg'
import { expect } from 'vitest'
import type { Estate } from '../../src/sample/estate.js'
import { truthOf } from '../../src/sample/truth.js'
import type { ContainerTruth, WindowTruth } from '../../src/sample/truth-types.js'

export interface LoadedContainer {
  namespace: string
  pod: string
  container: string
  node: string
  controllerKind: string | null
  controller: string | null
  minutes: number
  cpuCoreHours: number
  ramGibHours: number
  cpuCoreRequestHours: number | null
  ramGibRequestHours: number | null
  ramGibUsedHours: number | null
  cpuCost: number
  ramCost: number
}

/** Relative tolerance where the whole hour was measured and no price moved: 0.001 %. */
const EXACT = 1e-5
/** Within an hour of a price change the mean price is used, so a short pod may be off by this much. */
const PRICE_MOVED = 0.12

/**
 * Compares every container-hour, node-hour and idle row of the warehouse with the estate's truth. Gives how many
 * container-hours were held to the exact tolerance.
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
    exact += await expectWindow(pool, truth)
  }
  return { exact, windows }
}

async function expectWindow(pool: pg.Pool, truth: WindowTruth): Promise<number> {
  const at = [truth.cloudAccountId, truth.cluster, truth.window]
  const about = `${truth.cluster} ${new Date(truth.window * 1000).toISOString()}`
  const loaded = await loadedContainers(pool, at)
  expect([...loaded.keys()].sort(), about).toEqual(truth.containers.map(keyOf).sort())
  const { rows: ledger } = await pool.query(
    `select coverage from warehouse.window_ledger
     where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)`,
    at,
  )
  expect(ledger[0]?.coverage, about).toBeCloseTo(truth.coverage, 9)

  let exact = 0
  const sharedNames = namesOfSeveralMachines(truth)
  for (const container of truth.containers) {
    const row = loaded.get(keyOf(container))
    if (!row) continue
    const isPlain = isMeasured(truth, container) && !sharedNames.has(container.node)
    expectQuantities(row, container, `${about} ${keyOf(container)}`)
    const known = truth.nodes
      .filter(node => node.node === container.node)
      .every(node => node.priceKnown === 'all')
    if (!known) continue
    expectNear(
      row.cpuCost,
      container.cpuCost,
      isPlain ? EXACT : PRICE_MOVED,
      `${about} cpu_cost ${keyOf(container)}`,
    )
    expectNear(
      row.ramCost,
      container.ramCost,
      isPlain ? EXACT : PRICE_MOVED,
      `${about} ram_cost ${keyOf(container)}`,
    )
    if (isPlain) exact++
  }
  await expectNodes(pool, truth, at, about)
  return exact
}

function isMeasured(truth: WindowTruth, container: ContainerTruth): boolean {
  return truth.nodes.every(node => node.node !== container.node || !node.hasPriceChange)
}

/** Node names that two machines had in the hour: a container cannot be told to be on one or the other. */
function namesOfSeveralMachines(truth: WindowTruth): Set<string> {
  const names = truth.nodes.map(node => node.node)
  return new Set(names.filter((name, i) => names.indexOf(name) !== i))
}

function expectQuantities(row: LoadedContainer, truth: ContainerTruth, about: string): void {
  expectNear(row.minutes, truth.minutes, EXACT, `${about} minutes`)
  expectNear(row.cpuCoreHours, truth.cpuCoreHours, EXACT, `${about} cpu_core_hours`)
  expectNear(row.ramGibHours, truth.ramGibHours, EXACT, `${about} ram_gib_hours`)
  // A pod that was there for less than one sample of kube-state-metrics may be unknown to it.
  if (truth.minutes < 2) return
  expectSame(row.controllerKind, truth.controllerKind, `${about} controller_kind`)
  expectSame(row.controller, truth.controller, `${about} controller`)
  expectRequested(row.cpuCoreRequestHours, truth.cpuCoreRequestHours, `${about} cpu_core_request_hours`)
  expectRequested(row.ramGibRequestHours, truth.ramGibRequestHours, `${about} ram_gib_request_hours`)
}

function expectRequested(actual: number | null, truth: number | null, about: string): void {
  if (truth === null || actual === null) expectSame(actual, truth, about)
  else expectNear(actual, truth, EXACT, about)
}

async function expectNodes(pool: pg.Pool, truth: WindowTruth, at: unknown[], about: string): Promise<void> {
  const { rows } = await pool.query<{
    node: string
    cpu: number
    ram: number
    idle_cpu: number
    idle_ram: number
    residual: string
  }>(
    `with asset as (
       select node, sum(cpu_cost) as cpu, sum(ram_cost) as ram from warehouse.node_hourly
       where cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3) group by node
     ), charged as (
       select c.node, sum(a.cpu_cost + a.ram_cost) as cost from warehouse.allocation_hourly a
       join warehouse.container c using (cloud_account_id, container_key)
       where a.cloud_account_id = $1 and a.cluster_id = $2 and a.window_start = to_timestamp($3) group by c.node
     )
     select node, asset.cpu::float8 as cpu, asset.ram::float8 as ram, i.cpu_cost::float8 as idle_cpu, i.ram_cost::float8 as idle_ram,
       (asset.cpu + asset.ram - coalesce(charged.cost, 0) - i.total_cost)::text as residual
     from asset left join charged using (node)
     join warehouse.idle_hourly i using (node)
     where i.cloud_account_id = $1 and i.cluster_id = $2 and i.window_start = to_timestamp($3)`,
    at,
  )
  const byName = new Map(rows.map(row => [row.node, row]))
  expect([...byName.keys()].sort(), about).toEqual([...new Set(truth.nodes.map(node => node.node))].sort())
  for (const row of rows) {
    expectSame(Number(row.residual), 0, `${about} ${row.node}: node − allocations − idle`)
    const machines = truth.nodes.filter(node => node.node === row.node)
    if (machines.length > 1 || machines.some(node => node.priceKnown !== 'all')) continue
    expectNear(row.cpu, machines[0]?.cpuCost ?? 0, EXACT, `${about} ${row.node} cpu`)
    expectNear(row.ram, machines[0]?.ramCost ?? 0, EXACT, `${about} ${row.node} ram`)
  }
}

async function loadedContainers(pool: pg.Pool, at: unknown[]): Promise<Map<string, LoadedContainer>> {
  const { rows } = await pool.query<LoadedContainer>(
    `select c.namespace, c.pod, c.container, c.node, c.controller_kind as "controllerKind", c.controller, a.minutes,
       a.cpu_core_hours as "cpuCoreHours", a.ram_gib_hours as "ramGibHours",
       a.cpu_core_request_hours as "cpuCoreRequestHours", a.ram_gib_request_hours as "ramGibRequestHours",
       a.ram_gib_used_hours as "ramGibUsedHours", a.cpu_cost::float8 as "cpuCost", a.ram_cost::float8 as "ramCost"
     from warehouse.allocation_hourly a join warehouse.container c using (cloud_account_id, container_key)
     where a.cloud_account_id = $1 and a.cluster_id = $2 and a.window_start = to_timestamp($3)`,
    at,
  )
  return new Map(rows.map(row => [keyOf(row), row]))
}

function keyOf(row: Pick<LoadedContainer, 'namespace' | 'pod' | 'container' | 'node'>): string {
  return JSON.stringify([row.namespace, row.pod, row.container, row.node])
}

/** Compared in plain code: an assertion per figure would take longer than the loading. */
function expectNear(actual: number, truth: number, tolerance: number, about: string): void {
  const off = Math.abs(actual - truth) / Math.max(Math.abs(truth), 1e-9)
  if (!(off <= tolerance)) expect.fail(`${about}: ${actual} instead of ${truth}, off by ${off}`)
}

function expectSame(actual: unknown, truth: unknown, about: string): void {
  if (actual !== truth) expect.fail(`${about}: ${String(actual)} instead of ${String(truth)}`)
}

/** Everything that is published, in one hash, to tell whether two databases hold the same. */
export async function warehouseHash(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ hash: string }>(
    `select md5(string_agg(row_text, E'\\n' order by row_text)) as hash from (
       select to_jsonb(a)::text as row_text from warehouse.allocation_hourly a
       union all select to_jsonb(c)::text from warehouse.container c
       union all select to_jsonb(n)::text from warehouse.node_hourly n
       union all select to_jsonb(i)::text from warehouse.idle_hourly i
     ) as everything`,
  )
  return rows[0]?.hash ?? ''
}
