import type pg from 'pg'
import { expect } from 'vitest'
import type { AssetTruth, RemainderTruth, WindowTruth } from '../../src/sample/truth-types.js'
import { EXACT, expectNear, expectSame } from './near.js'

/** One window of one cluster in the warehouse. */
export interface At {
  readonly pool: pg.Pool
  /** Account, cluster, Unix seconds. */
  readonly key: [string, string, number]
  readonly about: string
}

const HERE = 'cloud_account_id = $1 and cluster_id = $2 and window_start = to_timestamp($3)'

interface LoadedNode {
  readonly node: string
  readonly provider_id: string
  readonly cpu_cost: number | null
  readonly ram_cost: number | null
  readonly gpu_cost: number | null
  readonly gpus: number | null
  readonly zone: string | null
  readonly node_pool: string | null
}

/** Every machine and what it cost, where its price was told, and no machine besides. */
export async function expectNodes(at: At, truth: WindowTruth): Promise<void> {
  const { rows } = await at.pool.query<LoadedNode>(
    `select node, provider_id, cpu_cost::float8, ram_cost::float8, gpu_cost::float8, gpus, zone, node_pool
     from warehouse.node_hourly where ${HERE}`,
    at.key,
  )
  const byName = new Map(rows.map(row => [`${row.node} ${row.provider_id}`, row]))
  expect([...byName.keys()].sort(), at.about).toEqual(
    truth.nodes.map(node => `${node.node} ${node.providerId}`).sort(),
  )
  for (const node of truth.nodes) {
    const row = byName.get(`${node.node} ${node.providerId}`)
    const about = `${at.about} ${node.node}`
    expectSame(row?.gpus, node.gpus, `${about} gpus`)
    expectSame(row?.zone, node.zone, `${about} zone`)
    expectSame(row?.node_pool, node.nodePool, `${about} node_pool`)
    if (node.priceKnown !== 'all') continue
    expectNear(row?.cpu_cost, node.cpuCost, EXACT, `${about} cpu_cost`)
    expectNear(row?.ram_cost, node.ramCost, EXACT, `${about} ram_cost`)
    expectNear(row?.gpu_cost, node.gpuCost, EXACT, `${about} gpu_cost`)
  }
}

interface LoadedAsset {
  readonly asset_type: string
  readonly asset_id: string
  readonly name: string
  readonly namespace: string | null
  readonly claim: string | null
  readonly storage_class: string | null
  readonly provider_id: string | null
  readonly minutes: number
  readonly gib: number | null
  readonly total_cost: number
}

export async function expectAssets(at: At, truth: WindowTruth): Promise<void> {
  const { rows } = await at.pool.query<LoadedAsset>(
    `select asset_type, asset_id, name, namespace, claim, storage_class, provider_id, minutes, gib,
       total_cost::float8 from warehouse.asset_hourly where ${HERE}`,
    at.key,
  )
  const nameOf = (asset: AssetTruth) => `${asset.assetType} ${asset.assetId}`
  const byName = new Map(rows.map(row => [`${row.asset_type} ${row.asset_id}`, row]))
  expect([...byName.keys()].sort(), at.about).toEqual(truth.assets.map(nameOf).sort())
  for (const asset of truth.assets) {
    const row = byName.get(nameOf(asset))
    const about = `${at.about} ${nameOf(asset)}`
    expectSame(row?.name, asset.name, `${about} name`)
    expectSame(row?.namespace, asset.namespace, `${about} namespace`)
    expectSame(row?.claim, asset.claim, `${about} claim`)
    expectSame(row?.storage_class, asset.storageClass, `${about} storage_class`)
    expectSame(row?.provider_id, asset.providerId, `${about} provider_id`)
    expectNear(row?.minutes, asset.minutes, EXACT, `${about} minutes`)
    expectNear(row?.gib, asset.gib, EXACT, `${about} gib`)
    expectNear(row?.total_cost, asset.totalCost, EXACT, `${about} total_cost`)
  }
}

interface LoadedRemainder {
  readonly kind: string
  readonly part: string
  readonly namespace: string
  readonly name: string
  readonly quantity: number
  readonly cost: number
}

export async function expectRemainders(at: At, truth: WindowTruth): Promise<void> {
  const { rows } = await at.pool.query<LoadedRemainder>(
    `select kind, part, namespace, name, quantity, cost::float8 from warehouse.remainder_hourly
     where ${HERE} and cost > 0`,
    at.key,
  )
  const nameOf = (row: Pick<RemainderTruth, 'kind' | 'part' | 'namespace' | 'name'>) =>
    JSON.stringify([row.kind, row.part, row.namespace, row.name])
  const byName = new Map(rows.map(row => [nameOf(row as RemainderTruth), row]))
  const expected = truth.remainders.filter(row => row.cost > 1e-12)
  expect([...byName.keys()].sort(), at.about).toEqual(expected.map(nameOf).sort())
  for (const remainder of expected) {
    const row = byName.get(nameOf(remainder))
    const about = `${at.about} ${nameOf(remainder)}`
    expectNear(row?.quantity, remainder.quantity, EXACT, `${about} quantity`)
    expectNear(row?.cost, remainder.cost, EXACT, `${about} cost`)
  }
}

/** Σ allocations + idle + what nobody carries = Σ assets + network, and per node and resource, to the last digit. */
export async function expectSums(at: At): Promise<void> {
  const { rows } = await at.pool.query<{ residual: string; ledger: string; nodes: string }>(
    `with borne as (
       select coalesce((select sum(total_cost) from warehouse.allocation_hourly where ${HERE}), 0)
         + coalesce((select sum(total_cost) from warehouse.idle_hourly where ${HERE}), 0)
         + coalesce((select sum(cost) from warehouse.remainder_hourly where ${HERE}), 0) as cost
     ), paid as (
       select coalesce((select sum(total_cost) from warehouse.node_hourly where ${HERE}), 0)
         + coalesce((select sum(total_cost) from warehouse.asset_hourly where ${HERE}), 0)
         + coalesce((select sum(coalesce(network_zone_cost, 0) + coalesce(network_region_cost, 0)
             + coalesce(network_internet_cost, 0)) from warehouse.allocation_hourly where ${HERE}), 0)
         + coalesce((select sum(cost) from warehouse.remainder_hourly where ${HERE} and part like 'network%'), 0) as cost
     ), of_node as (
       select node, sum(cpu) as cpu, sum(ram) as ram, sum(gpu) as gpu from (
         select node, cpu_cost as cpu, ram_cost as ram, gpu_cost as gpu from warehouse.node_hourly where ${HERE}
         union all
         select node, -cpu_cost, -ram_cost, -gpu_cost from warehouse.idle_hourly where ${HERE}
         union all
         select c.node, -a.cpu_cost, -a.ram_cost, -a.gpu_cost
         from warehouse.allocation_hourly a join warehouse.container c using (cloud_account_id, container_key)
         where a.cloud_account_id = $1 and a.cluster_id = $2 and a.window_start = to_timestamp($3)
       ) parts group by node
     )
     select (borne.cost - paid.cost)::text as residual,
       (select (allocated_cost + idle_cost + unmounted_cost + management_cost + unallocated_cost
         - asset_cost - network_cost)::text from warehouse.window_ledger where ${HERE}) as ledger,
       (select coalesce(sum(abs(cpu) + abs(ram) + abs(gpu)), 0)::text from of_node) as nodes
     from borne, paid`,
    at.key,
  )
  expectSame(Number(rows[0]?.residual), 0, `${at.about}: what is borne less what is paid`)
  expectSame(Number(rows[0]?.ledger), 0, `${at.about}: the ledger's totals`)
  expectSame(Number(rows[0]?.nodes), 0, `${at.about}: nodes less containers and idle`)
}
