import { beforeAll, describe, expect, test } from 'vitest'
import type { SeriesModel } from '../../src/sample/series.js'
import { ingestAll } from '../support/ingest.js'
import { differences } from '../support/loaded-rows.js'
import { changed } from '../support/sample-world.js'
import {
  job,
  type Loaded,
  loadWhole,
  relabelled,
  richEstate,
  WINDOWS,
  withCopies,
  withLoaded,
  without,
} from '../support/source-world.js'

const WHOLE = richEstate()

let plain: Loaded
beforeAll(async () => {
  plain = await loadWhole(WHOLE)
})

describe('a cluster that is told of twice', () => {
  test('by two kube-state-metrics gives the same rows', async () => {
    const estate = withCopies(WHOLE, one =>
      job(one) === 'kube-state-metrics'
        ? relabelled(one, { job: 'kube-state-metrics-2', instance: '10.96.7.99:8080' })
        : undefined,
    )
    expect(differences((await loadWhole(estate)).rows, plain.rows)).toEqual([])
  })

  test('by two scrape jobs of the cost exporter, the second half as often, gives the same rows', async () => {
    const estate = withCopies(WHOLE, one =>
      job(one) === 'kubecost' ? { ...relabelled(one, { job: 'opencost' }), interval: 120 } : undefined,
    )
    expect(differences((await loadWhole(estate)).rows, plain.rows)).toEqual([])
  })

  test('by two instances of the cost exporter in one job gives the same rows', async () => {
    const exporters = new Set(['kubecost-cost-analyzer.kubecost:9003'])
    const estate = withCopies(WHOLE, one =>
      job(one) === 'kubecost' && exporters.has(one.labels.get('instance') ?? '')
        ? relabelled(one, { instance: '10.4.4.4:9003' })
        : undefined,
    )
    expect(differences((await loadWhole(estate)).rows, plain.rows)).toEqual([])
  })

  test('by replicas that the querier does not merge is refused, and the message says what to do', async () => {
    const replicas = withCopies(WHOLE, one => relabelled(one, { prometheus_replica: 'b' }))
    const estate = changed(replicas, one =>
      one.labels.has('prometheus_replica') ? one : relabelled(one, { prometheus_replica: 'a' }),
    )
    await withLoaded(estate, async world => {
      expect(await ingestAll(world.context())).toEqual({ published: 0, unchanged: 0, open: WINDOWS })
      const [row] = await world.ledger()
      expect(row).toMatchObject({ state: 'due', revision: 0, error_code: 'REPLICAS_NOT_MERGED' })
      expect(row?.error_message).toContain('--query.replica-label=prometheus_replica')
    })
  })
})

/** What Prometheus puts on the series of a target by itself: of the exporters all that they may be confused with. */
function targetOf(series: SeriesModel): Record<string, string> {
  if (job(series) === 'kubernetes-nodes-cadvisor') return { namespace: 'kube-system', service: 'kubelet' }
  return {
    namespace: 'monitoring',
    pod: `${job(series)}-0`,
    container: 'exporter',
    node: 'gke-nord-pool-b',
    instance: '10.0.0.7:9003',
    service: job(series),
  }
}

/** As a scrape without `honor_labels` passes the series on: what the exporter says is moved out of the way. */
function moved(series: SeriesModel): SeriesModel {
  if (job(series) === '') return series
  const target = targetOf(series)
  const exported = Object.keys(target).map(name => [`exported_${name}`, series.labels.get(name) ?? ''])
  return relabelled(series, { ...Object.fromEntries(exported), ...target })
}

describe('a cluster whose labels are written otherwise', () => {
  test('as a scrape without honor_labels moves them gives the same rows', async () => {
    expect(differences((await loadWhole(changed(WHOLE, moved))).rows, plain.rows)).toEqual([])
  })

  test('with the node of a usage series in `node` and an address in `instance` gives the same rows', async () => {
    const estate = changed(WHOLE, one => {
      if (job(one) !== 'kubernetes-nodes-cadvisor') return one
      const node = one.labels.get('instance') ?? ''
      return relabelled(one, { node, instance: '10.0.0.1:10250' })
    })
    expect(differences((await loadWhole(estate)).rows, plain.rows)).toEqual([])
  })

  test('with an address in `instance` of everything that names its node gives the same rows', async () => {
    const estate = changed(WHOLE, one =>
      one.labels.has('node') ? relabelled(one, { instance: '10.0.0.1:9003' }) : one,
    )
    expect(differences((await loadWhole(estate)).rows, plain.rows)).toEqual([])
  })
})

// The decoder takes NUL away; the lone half of a surrogate pair is left to the naming of facts.
test('names that no index bears and characters that no database takes are changed, and no cost is lost', async () => {
  const odd = (one: SeriesModel): SeriesModel => {
    const pod = one.labels.get('pod') ?? one.labels.get('pod_name') ?? ''
    if (!pod.startsWith('site-')) return one
    const name = one.labels.has('pod') ? 'pod' : 'pod_name'
    const container = one.labels.get('container') === 'php' ? { container: 'p\0h\ud83dp' } : {}
    return relabelled(one, { [name]: `${pod}-${'x'.repeat(3000)}`, ...container })
  }
  const { rows, reasons } = await loadWhole(changed(WHOLE, odd))
  expect(reasons).toEqual([...plain.reasons, 'character_replaced', 'name_shortened'].sort())
  const unnamed = (list: readonly unknown[]) =>
    (list as Record<string, unknown>[]).map(({ pod: _, container: __, ...row }) => JSON.stringify(row)).sort()
  expect(unnamed(rows.allocations)).toEqual(unnamed(plain.rows.allocations))
  expect(differences({ ...rows, allocations: [] }, { ...plain.rows, allocations: [] })).toEqual([])
  const names = (rows.allocations as Record<string, unknown>[]).filter(({ pod }) =>
    `${pod}`.startsWith('site-'),
  )
  expect(new Set(names.map(({ pod }) => pod)).size).toBeGreaterThan(4)
  expect(new Set(names.map(({ container }) => container))).toEqual(new Set(['nginx', 'ph\ufffdp']))
  for (const { pod } of names) expect(`${pod}`.length).toBeLessThanOrEqual(256)
})

describe('a cluster that tells less', () => {
  /** Only the old forms, of the exporter's copies or of a kube-state-metrics of the first generation. */
  const old = (one: SeriesModel, name: string): SeriesModel | undefined => {
    if (/^kube_(job|replicaset)_owner$/.test(name)) return undefined
    const resource = { cpu: 'cpu_cores', memory: 'memory_bytes' }[one.labels.get('resource') ?? '']
    if (!/^kube_(node_status_capacity|pod_container_resource_requests)$/.test(name) || resource === undefined)
      return /_(cpu_cores|memory_bytes)$/.test(name) ? undefined : one
    return relabelled(one, { __name__: `${name}_${resource}`, resource: '', unit: '' })
  }

  test('kube-state-metrics of the first generation only gives the same money, requests and controllers', async () => {
    const { rows, reasons } = await loadWhole(changed(WHOLE, old))
    expect(reasons).toEqual(plain.reasons)
    expect(differences(rows, plain.rows)).toEqual([])
  })

  test('no node_total_hourly_cost: nodes are there as long as they have a price', async () => {
    const { rows } = await loadWhole(without(WHOLE, /^node_total_hourly_cost$/))
    expect(differences(rows, plain.rows)).toEqual([])
  })

  test('no kubecost_cluster_info: coverage is told by the nodes', async () => {
    const { rows } = await loadWhole(without(WHOLE, /^kubecost_cluster_info$/))
    expect(differences(rows, plain.rows)).toEqual([])
  })

  test('OpenCost alone gives the same money: rules, ETL series, owners of ReplicaSets and agents are no part of it', async () => {
    const names =
      /^(kubecost_(container|cluster_memory|savings|allocation_|asset_|etl_|successful|errored|read_db|write_db|pod_network|network_costs).*|kube_replicaset_owner)$/
    const { rows, reasons } = await loadWhole(without(WHOLE, names))
    expect(reasons).toEqual([...plain.reasons, 'network_not_collected'].sort())
    const withoutNetwork = (list: readonly unknown[]) =>
      (list as Record<string, unknown>[]).map(row => {
        const { total_cost: _, cpu_core_used_hours: __, ...rest } = row
        return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('network_')))
      })
    for (const table of ['nodes', 'idle', 'assets'] as const) expect(rows[table]).toEqual(plain.rows[table])
    const byContainer = (list: readonly unknown[]) =>
      withoutNetwork(list)
        .map(row => JSON.stringify(row))
        .sort()
    expect(byContainer(rows.allocations)).toEqual(byContainer(plain.rows.allocations))
    expect(rows.allocations).toContainEqual(expect.objectContaining({ network_internet_cost: null }))
    expect(rows.allocations).not.toContainEqual(
      expect.objectContaining({ network_internet_cost: expect.any(Number) }),
    )
  })
})
