import { describe, expect, it } from 'vitest'
import { dullEstate } from '../../src/sample/dull.js'
import { createEstate, type Estate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { staleMarkers } from '../../src/sample/series.js'
import { find, samples } from '../support/sample-series.js'

/** An even day, so that the gap is in it. */
const MIDNIGHT = 20_700 * DAY
const HOUR = 3600

const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY })

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
