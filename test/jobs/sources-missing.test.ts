import { beforeAll, describe, expect, test } from 'vitest'
import { ingestAll } from '../support/ingest.js'
import type { LoadedRows } from '../support/loaded-rows.js'
import { type Loaded, loadWhole, richEstate, WINDOWS, withLoaded, without } from '../support/source-world.js'

const WHOLE = richEstate()

let plain: Loaded
beforeAll(async () => {
  plain = await loadWhole(WHOLE)
})

type Table = 'allocations' | 'nodes'

const recordsOf = (rows: LoadedRows, table: keyof LoadedRows) => rows[table] as Record<string, unknown>[]

/** Columns that are null in every row though they were not with everything there. */
function lostColumns(found: LoadedRows, table: Table): string[] {
  const nulls = (rows: LoadedRows) => {
    const records = recordsOf(rows, table)
    return Object.keys(records[0] ?? {}).filter(name => records.every(row => row[name] === null))
  }
  const before = nulls(plain.rows)
  return nulls(found)
    .filter(name => !before.includes(name))
    .sort()
}

test('with every metric there, nothing but a price that was never told is less than whole', () => {
  expect(plain.reasons).toEqual(['price_estimated'])
})

describe('an essential metric that is absent', () => {
  test.each([
    ['node_cpu_hourly_cost', /^node_cpu_hourly_cost$/],
    ['node_ram_hourly_cost', /^node_ram_hourly_cost$/],
    ['container_cpu_allocation', /^container_cpu_allocation$/],
    ['container_memory_allocation_bytes', /^container_memory_allocation_bytes$/],
    ['kube_node_status_capacity', /^kube_node_status_capacity/],
  ])('%s leaves every window incomplete, and is named', (metric, names) =>
    withLoaded(without(WHOLE, names), async world => {
      expect(await ingestAll(world.context())).toEqual({ published: 0, unchanged: 0, open: WINDOWS })
      for (const cluster of ['cluster-one', 'cluster-two']) {
        for (const row of await world.ledger(cluster)) {
          expect(row).toMatchObject({ state: 'incomplete', reason: 'missing_series', revision: 0 })
          expect(row.reason_detail).toContain(metric)
        }
      }
    }),
  )
})

const TRAFFIC = ['internet', 'region', 'zone'].flatMap(way => [`network_${way}_cost`, `network_${way}_gib`])

describe('a metric without which the rest can be told', () => {
  test.each<[RegExp, string, string[], string[]]>([
    [
      /^kube_pod_container_resource_requests/,
      'requests_not_collected',
      ['cpu_core_request_hours', 'ram_gib_request_hours'],
      [],
    ],
    [/^kube_pod_owner$/, 'owners_not_collected', ['controller', 'controller_kind'], []],
    [
      /^(kubecost_container_cpu_usage_irate|container_cpu_usage_seconds_total)$/,
      'cpu_usage_not_collected',
      ['cpu_core_used_hours'],
      [],
    ],
    [/^container_memory_working_set_bytes$/, 'ram_usage_not_collected', ['ram_gib_used_hours'], []],
    [/^kubecost_node_is_spot$/, 'spot_not_collected', [], ['spot_ratio']],
    [/^kube_node_labels$/, 'node_labels_not_collected', [], ['node_pool', 'zone']],
    [/^pod_pvc_allocation$/, 'pv_not_collected', ['pv_cost', 'pv_gib_hours'], []],
    [/^kubecost_pod_network_/, 'network_not_collected', TRAFFIC, []],
    [/^kube_(pod|namespace)_labels$/, 'labels_not_collected', ['labels', 'pod_uid'], []],
  ])('%s leaves its columns null, and says so', async (names, code, ofContainers, ofNodes) => {
    const { rows, reasons } = await loadWhole(without(WHOLE, names))
    expect(reasons).toEqual([...plain.reasons, code].sort())
    expect(lostColumns(rows, 'allocations')).toEqual(ofContainers)
    expect(lostColumns(rows, 'nodes')).toEqual(ofNodes)
    expect(recordsOf(rows, 'allocations')).toHaveLength(plain.rows.allocations.length)
  })

  /** How many rows with more than nothing in a column became null, and how many rows are null in all. */
  const nulled = (rows: LoadedRows, column: string) => {
    const keyOf = (row: Record<string, unknown>) =>
      JSON.stringify(
        ['window_start', 'cluster_id', 'namespace', 'pod', 'container', 'node'].map(name => row[name]),
      )
    const before = new Map(recordsOf(plain.rows, 'allocations').map(row => [keyOf(row), Number(row[column])]))
    const nulls = recordsOf(rows, 'allocations').filter(row => row[column] === null)
    const kept = recordsOf(rows, 'allocations').filter(row => Number(row[column]) > 0)
    return {
      lost: nulls.filter(row => (before.get(keyOf(row)) ?? 0) > 0).length,
      nulls: nulls.length,
      kept: kept.length,
    }
  }

  test('pv_hourly_cost: pods that hold a volume cost an unknown amount, those without none', async () => {
    const { rows, reasons } = await loadWhole(without(WHOLE, /^pv_hourly_cost$/))
    expect(reasons).toEqual(['price_estimated', 'pv_not_collected'])
    const { lost, nulls, kept } = nulled(rows, 'pv_cost')
    expect(lost).toBeGreaterThan(0)
    expect(nulls).toBeLessThan(plain.rows.allocations.length)
    expect(kept).toBe(0)
  })

  test('service_selector_labels: balancers are paid by nobody, and what the pods beside them bear is unknown', async () => {
    const { rows, reasons } = await loadWhole(without(WHOLE, /^service_selector_labels$/))
    expect(reasons).toEqual(['load_balancer_not_shared', 'price_estimated'])
    const { lost, nulls, kept } = nulled(rows, 'load_balancer_cost')
    expect(lost).toBeGreaterThan(0)
    expect(nulls).toBeLessThan(plain.rows.allocations.length)
    expect(kept).toBe(0)
    expect(rows.assets).toEqual(plain.rows.assets)
    expect(rows.remainders.length).toBeGreaterThan(plain.rows.remainders.length)
  })

  test('kubecost_cluster_management_cost: there is no fee, and a reason for it', async () => {
    const { rows, reasons } = await loadWhole(without(WHOLE, /^kubecost_cluster_management_cost$/))
    expect(reasons).toEqual(['management_not_collected', 'price_estimated'])
    expect(recordsOf(rows, 'assets').filter(row => row.asset_type === 'management')).toEqual([])
    expect(rows.allocations).toEqual(plain.rows.allocations)
  })

  test('container_gpu_allocation: GPUs are taken from the requests, and without those unknown', async () => {
    const asked = await loadWhole(without(WHOLE, /^container_gpu_allocation$/))
    expect(asked.rows.allocations).toEqual(plain.rows.allocations)
    const names = /^(container_gpu_allocation|kube_pod_container_resource_requests.*)$/
    const { rows, reasons } = await loadWhole(without(WHOLE, names))
    expect(reasons).toEqual(['gpu_not_collected', 'price_estimated', 'requests_not_collected'])
    expect(nulled(rows, 'gpu_cost')).toMatchObject({ kept: 0 })
    expect(nulled(rows, 'gpu_cost').lost).toBeGreaterThan(0)
  })

  test.each([
    [/^kubecost_network_(zone|region|internet)_egress_cost$/],
    [/^(kube_replicaset_owner|kubecost_pv_info)$/],
  ])('%s is made good for: every part of the cost is there', async names => {
    const { rows, reasons } = await loadWhole(without(WHOLE, names))
    expect(reasons).toEqual(plain.reasons)
    expect(lostColumns(rows, 'allocations')).toEqual([])
    expect(rows.nodes).toEqual(plain.rows.nodes)
  })
})
