import { describe, expect, it } from 'vitest'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { find, samples } from '../support/sample-series.js'

const MIDNIGHT = 20_700 * DAY
const HOUR = 3600
const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY })

const BUNDLE = { account: SHOP_ACCOUNT, cluster_id: 'cluster-one' }
const EVERYTHING = { account: SHOP_ACCOUNT, cluster_id: 'cluster-two' }
const NORTH = { account: NORTH_ACCOUNT, cluster_id: 'cluster-one' }

function told(
  { account, cluster_id }: typeof BUNDLE,
  name: string,
  labels: Record<string, string> = {},
): ReturnType<typeof find> {
  return find(estate, account, name, { cluster_id, ...labels })
}

describe('what the sample estate tells beyond use and requests', () => {
  it.each([
    ['kube_pod_container_resource_limits', [false, true, true]],
    ['kube_pod_container_resource_limits_memory_bytes', [false, false, true]],
    ['kube_pod_container_status_restarts_total', [true, true, true]],
    ['kube_pod_container_status_terminated_reason', [true, true, false]],
    ['kube_pod_container_status_last_terminated_reason', [false, true, true]],
    ['container_cpu_cfs_periods_total', [false, true, false]],
    ['container_cpu_cfs_throttled_periods_total', [false, true, false]],
    ['kube_horizontalpodautoscaler_info', [false, true, false]],
    ['kube_horizontalpodautoscaler_spec_target_metric', [false, true, false]],
    ['kube_node_status_allocatable', [false, true, false]],
    ['kube_node_status_allocatable_cpu_cores', [true, false, false]],
  ] as const)('has %s where that cluster collects it, and not elsewhere', (name, expected) => {
    expect([BUNDLE, EVERYTHING, NORTH].map(cluster => told(cluster, name).length > 0)).toEqual(expected)
  })

  it('counts restarts, and says why a container ended at that moment and until the pod goes', () => {
    const labels = { container: 'indexer' }
    const rises = told(BUNDLE, 'kube_pod_container_status_restarts_total', labels).flatMap(series => {
      const counts = samples(series, MIDNIGHT, MIDNIGHT + DAY)
      return counts.filter((sample, i) => sample.value > (counts[i - 1]?.value ?? Number.POSITIVE_INFINITY))
    })
    expect(rises.length).toBeGreaterThanOrEqual(8)
    const killed = told(BUNDLE, 'kube_pod_container_status_terminated_reason', {
      ...labels,
      reason: 'OOMKilled',
    }).flatMap(series => samples(series, MIDNIGHT, MIDNIGHT + DAY).map(sample => sample.t))
    for (const { t } of rises) expect(killed).toContain(t)

    const last = told(EVERYTHING, 'kube_pod_container_status_last_terminated_reason', {
      container: 'hoarder',
      reason: 'OOMKilled',
    })
    expect(last.flatMap(series => samples(series, MIDNIGHT + clock(23), MIDNIGHT + DAY))).toHaveLength(120)
    const others = told(NORTH, 'kube_pod_container_status_last_terminated_reason')
    expect(new Set(others.map(series => series.labels.get('reason')))).toEqual(new Set(['Error']))
  })

  it('holds a container back in its share of the periods, of which there are ten a second', () => {
    const rise = (name: string, container: string) =>
      told(EVERYTHING, name, { container })
        .map(series => samples(series, MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR))
        .filter(list => list.length === 60)
        .map(list => (list[59]?.value ?? 0) - (list[0]?.value ?? 0))
    for (const periods of rise('container_cpu_cfs_periods_total', 'encode')) expect(periods).toBe(59 * 600)
    for (const held of rise('container_cpu_cfs_throttled_periods_total', 'encode'))
      expect(held / (59 * 600)).toBeCloseTo(0.4, 4)
    expect(rise('container_cpu_cfs_throttled_periods_total', 'pricing')).toEqual([0, 0, 0])
  })

  it('tells whom an autoscaler drives, and by what', () => {
    const targets = told(EVERYTHING, 'kube_horizontalpodautoscaler_spec_target_metric').map(({ labels }) => [
      labels.get('horizontalpodautoscaler'),
      labels.get('metric_name'),
      labels.get('metric_target_type'),
    ])
    expect(targets).toEqual([
      ['catalogue', 'http_requests_per_second', 'average'],
      ['pricing', 'cpu', 'utilization'],
    ])
    const [info] = told(EVERYTHING, 'kube_horizontalpodautoscaler_info', {
      horizontalpodautoscaler: 'pricing',
    })
    expect(info?.labels.get('scaletargetref_kind')).toBe('Deployment')
    expect(info?.labels.get('scaletargetref_name')).toBe('pricing')
  })

  it('never lets a container use more than its limit, nor a node give more than it has', () => {
    for (const { account, cluster_id } of [EVERYTHING, NORTH]) {
      const limits = told({ account, cluster_id }, 'kube_pod_container_resource_limits', {
        resource: 'memory',
      })
      expect(limits.length).toBeGreaterThan(5)
      for (const limit of limits) {
        const used = find(estate, account, 'container_memory_working_set_bytes', {
          pod: limit.labels.get('pod') ?? '',
          container: limit.labels.get('container') ?? '',
        }).flatMap(series => samples(series, MIDNIGHT, MIDNIGHT + DAY).map(sample => sample.value))
        expect(Math.max(...used)).toBeLessThanOrEqual(Number(limit.segments[0]?.value))
      }
    }
    for (const room of told(EVERYTHING, 'kube_node_status_allocatable')) {
      const [node, resource] = ['node', 'resource'].map(name => room.labels.get(name) ?? '')
      const [all] = told(EVERYTHING, 'kube_node_status_capacity', {
        node: node ?? '',
        resource: resource ?? '',
      })
      expect(Number(room.segments[0]?.value)).toBeLessThan(Number(all?.segments[0]?.value))
    }
  })

  it('begins a preview of a release every fourth day, which stays for six, so there is always a young workload', () => {
    const long = createEstate({ start: MIDNIGHT - 8 * DAY, end: MIDNIGHT + DAY })
    const lives = (long.accounts[0]?.clusters[0]?.deployments ?? []).filter(
      ({ name, from, to }) => name.startsWith('preview-') && from < MIDNIGHT + DAY && to > MIDNIGHT - 8 * DAY,
    )
    expect(lives.length).toBeGreaterThanOrEqual(3)
    const begun = lives.map(life => life.from)
    begun.slice(1).forEach((from, i) => {
      expect(from - (begun[i] ?? 0)).toBe(4 * DAY)
    })
    expect(lives.every(life => life.to - life.from === 6 * DAY)).toBe(true)
    expect(MIDNIGHT + DAY - Math.max(...begun)).toBeLessThanOrEqual(4 * DAY)
  })
})
