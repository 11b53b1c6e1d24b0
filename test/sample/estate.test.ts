import { describe, expect, it } from 'vitest'
import { dullEstate } from '../../src/sample/dull.js'
import { createEstate, type Estate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { eachSample, type SeriesModel, staleMarkers } from '../../src/sample/series.js'

/** An even day, so that the gap is in it. */
const MIDNIGHT = 20_700 * DAY
const HOUR = 3600

const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY })

function find(of: Estate, account: string, name: string, labels: Record<string, string> = {}): SeriesModel[] {
  return of
    .series(account)
    .filter(
      series =>
        series.labels.get('__name__') === name &&
        Object.entries(labels).every(([label, value]) => (series.labels.get(label) ?? '') === value),
    )
}

function samples(series: SeriesModel | undefined, from: number, to: number): { t: number; value: number }[] {
  const found: { t: number; value: number }[] = []
  if (series) eachSample(series, from, to, (t, value) => found.push({ t, value }))
  return found
}

function fingerprint(of: Estate, account: string, from: number, to: number): string[] {
  return of
    .series(account)
    .map(series => `${JSON.stringify([...series.labels])} ${JSON.stringify(samples(series, from, to))}`)
    .filter(line => !line.endsWith(' []'))
    .sort()
}

describe('the sample estate', () => {
  it('is the same in every run', () => {
    const again = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY })
    for (const account of [SHOP_ACCOUNT, NORTH_ACCOUNT]) {
      const from = MIDNIGHT + 3 * HOUR
      expect(fingerprint(again, account, from, from + HOUR)).toEqual(
        fingerprint(estate, account, from, from + HOUR),
      )
    }
  })

  it('agrees with an estate that begins and ends at other times, wherever both have samples', () => {
    const longer = createEstate({ start: MIDNIGHT - 9 * DAY + 5 * HOUR, end: MIDNIGHT + 3 * DAY })
    for (const account of [SHOP_ACCOUNT, NORTH_ACCOUNT]) {
      const from = MIDNIGHT + 8 * HOUR
      expect(fingerprint(longer, account, from, from + HOUR)).toEqual(
        fingerprint(estate, account, from, from + HOUR),
      )
    }
  })

  it('has other pods and machines for another seed', () => {
    const other = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY, seed: 2 })
    expect(fingerprint(other, SHOP_ACCOUNT, MIDNIGHT, MIDNIGHT + HOUR)).not.toEqual(
      fingerprint(estate, SHOP_ACCOUNT, MIDNIGHT, MIDNIGHT + HOUR),
    )
  })

  it('refuses a start that is no whole hour', () => {
    expect(() => createEstate({ start: MIDNIGHT + 60, end: MIDNIGHT + DAY })).toThrow('whole UTC hour')
  })

  it('has two accounts that both have a cluster-one, and carries the tenant on every series', () => {
    expect(estate.accounts.map(account => account.clusters.map(cluster => cluster.clusterId))).toEqual([
      ['cluster-one', 'cluster-two'],
      ['cluster-one'],
    ])
    for (const account of estate.accounts) {
      for (const series of estate.series(account.cloudAccountId)) {
        expect(series.labels.get('tenant_id')).toBe(account.tenantId)
        expect(series.labels.get('cluster_id')).toMatch(/^cluster-/)
      }
    }
  })

  it('never has two samples of one series at one time', () => {
    for (const account of estate.accounts) {
      for (const series of estate.series(account.cloudAccountId)) {
        const times = samples(series, MIDNIGHT, MIDNIGHT + DAY).map(sample => sample.t)
        expect(times.every((t, i) => i === 0 || t > (times[i - 1] ?? 0))).toBe(true)
        const markers = staleMarkers(series, MIDNIGHT, MIDNIGHT + DAY)
        expect(markers.filter(t => times.includes(t))).toEqual([])
      }
    }
  })

  it('gives a node name to two machines, in different hours and within one hour', () => {
    const machines = (clusterId: string, node: string) =>
      estate.accounts
        .flatMap(account => account.clusters)
        .filter(cluster => cluster.clusterId === clusterId)
        .flatMap(cluster => cluster.machines)
        .filter(one => one.node === node && one.to > MIDNIGHT && one.from < MIDNIGHT + DAY)
    const apart = machines('cluster-one', 'ip-10-0-1-17.eu-west-1.compute.internal')
    expect(apart.map(one => one.instanceType)).toEqual(['m5.xlarge', 'r5.xlarge'])
    expect(Math.floor((apart[0]?.to ?? 0) / HOUR)).toBeLessThan(Math.floor((apart[1]?.from ?? 0) / HOUR))
    const together = machines('cluster-two', 'worker-d')
    expect(together).toHaveLength(2)
    expect(Math.floor((together[0]?.to ?? 0) / HOUR)).toBe(Math.floor((together[1]?.from ?? 0) / HOUR))
    expect(together[0]?.cores).toBe(together[1]?.cores)
    expect(together[0]?.providerId).not.toBe(together[1]?.providerId)
  })

  it('has short runs of 3 to 12 minutes, several an hour', () => {
    for (const cluster of estate.accounts.flatMap(account => account.clusters)) {
      const runs = cluster.pods.filter(pod => pod.owner?.ownedBy?.kind === 'CronJob')
      expect(runs.length).toBeGreaterThan(24 * 2)
      for (const run of runs) {
        expect(run.to - run.from).toBeGreaterThanOrEqual(180)
        expect(run.to - run.from).toBeLessThanOrEqual(720)
      }
    }
  })

  it('moves a pod to another node within an hour, its name kept', () => {
    const nodes = find(estate, SHOP_ACCOUNT, 'container_cpu_allocation', {
      pod: 'cache-0',
      container: 'redis',
    })
      .filter(series => samples(series, MIDNIGHT + clock(2), MIDNIGHT + clock(3)).length > 0)
      .map(series => series.labels.get('node'))
    expect(nodes.sort()).toEqual(['worker-a', 'worker-b'])
  })

  it('misses half an hour of one cluster, with no staleness marker at its start', () => {
    const [info] = find(estate, NORTH_ACCOUNT, 'kubecost_cluster_info')
    expect(samples(info, MIDNIGHT + clock(4), MIDNIGHT + clock(5))).toHaveLength(30)
    if (info) expect(staleMarkers(info, MIDNIGHT, MIDNIGHT + DAY)).toEqual([])
  })

  it('says NaN for a price for part of an hour and for whole hours, and never one for an unpriced machine', () => {
    const unreadable = (node: string, from: number, to: number) =>
      samples(
        find(estate, SHOP_ACCOUNT, 'node_cpu_hourly_cost', { node })[0],
        MIDNIGHT + from,
        MIDNIGHT + to,
      ).filter(sample => Number.isNaN(sample.value)).length
    expect(unreadable('worker-b', clock(6), clock(7))).toBe(25)
    expect(unreadable('worker-c', clock(8), clock(9))).toBe(0)
    expect(unreadable('worker-c', clock(9), clock(12))).toBe(180)
    expect(find(estate, NORTH_ACCOUNT, 'node_total_hourly_cost', { node: 'gke-nord-pool-d' })).toEqual([])
    expect(find(estate, NORTH_ACCOUNT, 'kubecost_node_is_spot', { node: 'gke-nord-pool-d' })).toHaveLength(1)
  })

  it('begins a new counter under another id when a container restarts', () => {
    const counters = find(estate, SHOP_ACCOUNT, 'container_cpu_usage_seconds_total', {
      container: 'indexer',
      cluster_id: 'cluster-one',
    })
    const pods = new Set(counters.map(series => series.labels.get('pod')))
    expect(counters.length).toBeGreaterThan(pods.size * 3)
    const begun = counters.find(series => (series.segments[0]?.from ?? 0) > MIDNIGHT)
    expect(samples(begun, MIDNIGHT, MIDNIGHT + DAY)[0]?.value).toBeLessThan(60)
  })

  it('still tells of requests after a run has ended, and of a pod that waits for a node', () => {
    const ended = estate.accounts
      .flatMap(account => account.clusters)
      .flatMap(cluster => cluster.pods)
      .find(pod => pod.name.startsWith('import-') && pod.from > MIDNIGHT && pod.to + HOUR < MIDNIGHT + DAY)
    const labels = { pod: ended?.name ?? 'none', resource: 'cpu' }
    const [requests] = find(estate, SHOP_ACCOUNT, 'kube_pod_container_resource_requests', labels)
    expect(samples(requests, ended?.to ?? 0, (ended?.to ?? 0) + HOUR)).toHaveLength(120)
    const [running] = find(estate, SHOP_ACCOUNT, 'kube_pod_container_status_running', { pod: labels.pod })
    expect(new Set(samples(running, ended?.to ?? 0, MIDNIGHT + DAY).map(sample => sample.value))).toEqual(
      new Set([0]),
    )
    const [waiting] = find(estate, SHOP_ACCOUNT, 'kube_pod_container_resource_requests', {
      container: 'giant',
      node: '',
      resource: 'cpu',
    })
    expect(samples(waiting, MIDNIGHT + clock(9), MIDNIGHT + clock(10))).toHaveLength(120)
  })

  it('has names with quotes, backslashes and characters beyond ASCII, bare pods and static pods', () => {
    expect(find(estate, NORTH_ACCOUNT, 'container_cpu_allocation', { pod: 'bloc"note\\🚀' })).not.toEqual([])
    expect(find(estate, NORTH_ACCOUNT, 'kube_pod_labels', { label_motto: 'C:\\temp\\"quoted"' })).not.toEqual(
      [],
    )
    expect(find(estate, NORTH_ACCOUNT, 'kube_pod_owner', { pod: 'bloc"note\\🚀', job: 'kubecost' })).toEqual(
      [],
    )
    expect(find(estate, NORTH_ACCOUNT, 'kube_pod_owner', { owner_kind: 'Node' })).not.toEqual([])
  })

  it('has recording rules in one account only, and the same facts from two jobs in the other', () => {
    expect(find(estate, SHOP_ACCOUNT, 'kubecost_container_cpu_usage_irate')).not.toEqual([])
    expect(find(estate, NORTH_ACCOUNT, 'kubecost_container_cpu_usage_irate')).toEqual([])
    const jobs = find(estate, NORTH_ACCOUNT, 'kube_pod_owner').map(series => series.labels.get('job'))
    expect(new Set(jobs)).toEqual(new Set(['kubecost', 'kube-state-metrics']))
  })
})

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
    expect(new Set(balancers)).toEqual(new Set([...selectors, 'old-batch']))
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
    expect(others + perNode * 4).toBeCloseTo(total('container_cpu_allocation'), 9)
  })
})

describe('the dull estate', () => {
  it('has as many nodes, pods and containers as asked for', () => {
    const dull = dullEstate({ start: MIDNIGHT, hours: 1, nodes: 60, pods: 1800, containersPerPod: 1.5 })
    const [cluster] = dull.accounts[0]?.clusters ?? []
    const alive = cluster?.pods.filter(pod => pod.from <= MIDNIGHT + 1800 && pod.to > MIDNIGHT + 1800) ?? []
    expect(cluster?.machines).toHaveLength(60)
    expect(alive).toHaveLength(1800)
    expect(alive.flatMap(pod => pod.containers)).toHaveLength(2700)
  })
})
