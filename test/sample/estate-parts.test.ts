import { describe, expect, it } from 'vitest'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { find, samples } from '../support/sample-series.js'

/** An even day, so that the gap is in it. */
const MIDNIGHT = 20_700 * DAY

const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY })

describe('the sample estate beyond cores and memory', () => {
  it('has thirty names of Kubecost or more in every cluster', () => {
    for (const account of estate.accounts) {
      for (const { clusterId } of account.clusters) {
        const names = estate
          .series(account.cloudAccountId)
          .filter(series => series.labels.get('cluster_id') === clusterId)
          .map(series => series.labels.get('__name__') ?? '')
          .filter(name => name.startsWith('kubecost_'))
        expect(new Set(names).size).toBeGreaterThanOrEqual(30)
      }
    }
  })

  it('tells sizes of volumes, labels and GPUs from two jobs in the cluster that has both', () => {
    for (const name of [
      'kube_persistentvolume_capacity_bytes',
      'kube_persistentvolumeclaim_info',
      'kube_persistentvolumeclaim_resource_requests_storage_bytes',
      'kube_namespace_labels',
      'kube_node_labels',
    ]) {
      const jobs = find(estate, NORTH_ACCOUNT, name).map(series => series.labels.get('job'))
      expect(new Set(jobs)).toEqual(new Set(['kubecost', 'kube-state-metrics']))
    }
    const gpus = { resource: 'nvidia_com_gpu', unit: 'integer' }
    expect(find(estate, NORTH_ACCOUNT, 'kube_node_status_capacity', gpus)).toHaveLength(2)
    expect(find(estate, NORTH_ACCOUNT, 'kube_pod_container_resource_requests', gpus)).not.toEqual([])
  })

  it('tells prices of one machine a second time without its type, and requests under their old names', () => {
    const twins = find(estate, NORTH_ACCOUNT, 'node_ram_hourly_cost', { node: 'gke-nord-pool-a' })
    expect(twins.map(series => series.labels.get('instance_type'))).toEqual(['n2-standard-4', undefined])
    const values = twins.map(series => samples(series, MIDNIGHT, MIDNIGHT + 60)[0]?.value)
    expect(values[0]).toBe(values[1])
    expect(new Set(twins.map(series => series.labels.get('provider_id'))).size).toBe(1)
    const old = find(estate, SHOP_ACCOUNT, 'kube_pod_container_resource_requests_memory_bytes')
    expect(old.length).toBeGreaterThan(50)
    expect(find(estate, NORTH_ACCOUNT, 'kube_pod_container_resource_requests_cpu_cores')).toEqual([])
  })

  it('spells classes of traffic the old way in one cluster, the new way in another, and has none in the third', () => {
    const names = (account: string, cluster: string) => {
      const labels = { cluster_id: cluster }
      const series = find(estate, account, 'kubecost_pod_network_egress_bytes_total', labels)
      return [...new Set(series.flatMap(one => [...one.labels.keys()]))].filter(name => /zone/i.test(name))
    }
    expect(names(SHOP_ACCOUNT, 'cluster-one')).toEqual(['same_zone'])
    expect(names(NORTH_ACCOUNT, 'cluster-one')).toEqual(['sameZone'])
    expect(names(SHOP_ACCOUNT, 'cluster-two')).toEqual([])
  })

  it('counts the traffic of one node from zero again at a moment of the day', () => {
    const at = MIDNIGHT + clock(13, 27)
    const counters = find(estate, SHOP_ACCOUNT, 'kubecost_pod_network_ingress_bytes_total')
    const reset = counters.filter(series => {
      const [before, after] = samples(series, at - 60, at + 60)
      return before !== undefined && after !== undefined && after.value < before.value
    })
    const nodes = new Set(reset.map(series => series.labels.get('instance')))
    expect(nodes.size).toBe(1)
    const [one] = reset
    const values = samples(one, at - 120, at + 180).map(sample => sample.value)
    expect(values[1] ?? 0).toBeGreaterThan(values[0] ?? 0)
    expect([values[2], values[3]]).toEqual([0, expect.closeTo((values[1] ?? 0) - (values[0] ?? 0), 3)])
  })

  it('has a label of three thousand characters', () => {
    const lengths = find(estate, SHOP_ACCOUNT, 'kube_pod_labels', { pod: 'debug-shell' }).map(
      series => series.labels.get('label_purpose')?.length,
    )
    expect(new Set(lengths)).toEqual(new Set([3000]))
  })

  it('says what services select, but for one without a selector and ones that select nothing', () => {
    const selectors = find(estate, SHOP_ACCOUNT, 'service_selector_labels').map(series =>
      series.labels.get('service'),
    )
    const balancers = find(estate, SHOP_ACCOUNT, 'kubecost_load_balancer_cost').map(series =>
      series.labels.get('service_name'),
    )
    // kube-dns is behind no load balancer, as most services are.
    expect(new Set([...balancers, 'kube-dns'])).toEqual(new Set([...selectors, 'old-batch']))
    expect(selectors).toContain('forgotten')
    expect(find(estate, SHOP_ACCOUNT, 'kube_pod_labels', { label_app: 'forgotten' })).toEqual([])
  })

  it('tells of the disks of machines in one cluster only', () => {
    const disks = find(estate, SHOP_ACCOUNT, 'container_fs_limit_bytes', { device: '/dev/nvme0n1' })
    expect(new Set(disks.map(series => series.labels.get('cluster_id')))).toEqual(new Set(['cluster-one']))
    expect(find(estate, NORTH_ACCOUNT, 'container_fs_limit_bytes')).toEqual([])
  })

  it('adds up the cluster in its rules as its containers say', () => {
    const at = MIDNIGHT + clock(8)
    const labels = { cluster_id: 'cluster-two' }
    const total = (name: string, more: Record<string, string> = {}) =>
      find(estate, SHOP_ACCOUNT, name, { ...labels, ...more })
        .flatMap(series => samples(series, at, at + 60))
        .reduce((sum, sample) => sum + sample.value, 0)
    expect(total('kubecost_cluster_memory_working_set_bytes')).toBeCloseTo(
      total('kubecost_container_memory_working_set_bytes'),
      0,
    )
    const perNode = total('kubecost_savings_cpu_allocation', { daemonset: 'true' })
    const others = total('kubecost_savings_cpu_allocation', { daemonset: 'false' })
    expect(others + perNode * 5).toBeCloseTo(total('container_cpu_allocation'), 9)
  })
})
