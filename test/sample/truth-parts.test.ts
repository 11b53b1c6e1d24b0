import { describe, expect, it } from 'vitest'
import { clock, DAY } from '../../src/sample/machines.js'
import { truthOf } from '../../src/sample/truth.js'
import { truthTotals } from '../../src/sample/truth-totals.js'
import {
  byLabelAndTime,
  estate,
  MIDNIGHT,
  north,
  ofPods,
  raw,
  shop,
  stage,
  sum,
} from '../support/sample-truth.js'

const day = [...truthOf(estate, MIDNIGHT, MIDNIGHT + DAY)]

describe('the parts of the truth beyond cores and memory', () => {
  it('closes: what containers have, idle and remainders are what assets and network cost, part by part', () => {
    for (const truth of day) {
      const { containers, idle, nodes, assets, remainders } = truth
      const asset = (type: string) =>
        sum(
          assets.filter(one => one.assetType === type),
          one => one.totalCost,
        )
      const rest = (part: string) =>
        sum(
          remainders.filter(one => one.part === part),
          one => one.cost,
        )
      expect(sum(containers, one => one.gpuCost) + sum(idle, one => one.gpuCost)).toBeCloseTo(
        sum(nodes, one => one.gpuCost),
        12,
      )
      expect(sum(containers, one => one.pvCost) + rest('pv')).toBeCloseTo(asset('disk'), 12)
      expect(sum(containers, one => one.loadBalancerCost) + rest('load_balancer')).toBeCloseTo(
        asset('load_balancer'),
        12,
      )
      expect(rest('management')).toBeCloseTo(asset('management'), 12)
      expect(remainders.every(one => one.quantity > 0 && one.cost > 0)).toBe(true)
    }
    for (const total of truthTotals(estate, MIDNIGHT, MIDNIGHT + DAY)) {
      const { allocated } = total
      const carried = allocated.cpuCost + allocated.ramCost + allocated.gpuCost + allocated.pvCost
      const shared = allocated.loadBalancerCost + (allocated.networkCost ?? 0)
      const rest = total.idleCost + total.unmountedCost + total.managementCost + total.unallocatedCost
      expect(carried + shared + rest).toBeCloseTo(total.totalCost, 9)
      expect(sum(total.namespaces, one => one.pvCost)).toBeCloseTo(allocated.pvCost, 9)
    }
  })

  it('never gives away more than there is', () => {
    for (const truth of day) {
      for (const type of ['disk', 'load_balancer'] as const) {
        const hours = sum(
          truth.assets.filter(one => one.assetType === type),
          one => ((one.gib ?? 1) * one.minutes) / 60,
        )
        const given = sum(truth.containers, one => (type === 'disk' ? one.pvGibHours : one.loadBalancerHours))
        expect(given).toBeLessThanOrEqual(hours * (1 + 1e-12))
      }
      for (const node of truth.nodes) {
        const used = sum(
          truth.containers.filter(one => one.providerId === node.providerId),
          one => one.gpuHours,
        )
        expect(used).toBeLessThanOrEqual((node.gpus * node.minutes) / 60 + 1e-12)
      }
    }
  })

  it('charges a GPU while it is asked for and leaves the rest idle', () => {
    const truth = north(8)
    const [model, cache] = ofPods(truth, 'translate-')
    expect([model?.gpuHours, cache?.gpuHours]).toEqual([expect.closeTo(1, 12), 0])
    expect(model?.gpuCost).toBeCloseTo(0.385, 12)
    const idle = truth.idle.find(one => one.node === 'gke-nord-gpu-a')
    expect(idle?.gpuCost).toBeCloseTo(0.385, 12)
    const runs = sum(shop(3).containers, one => one.gpuHours)
    expect(runs).toBeGreaterThan(0)
    expect(runs).toBeLessThan(0.9)
  })

  it('charges a GPU at the price of the minute, and each machine for what its series say', () => {
    for (const truth of [shop(10), north(8)]) {
      const prices = byLabelAndTime(raw(truth, 'node_gpu_hourly_cost', ',instance_type!=""'), 'node')
      let cost = 0
      for (const { labels, points } of raw(truth, 'container_gpu_allocation')) {
        for (const { t, value } of points) {
          if (value > 0) cost += (value * (prices.get(`${labels.get('node')} ${t}`) ?? Number.NaN)) / 60
        }
      }
      expect(cost).toBeGreaterThan(0)
      expect(sum(truth.containers, one => one.gpuCost)).toBeCloseTo(cost, 12)
      const totals = raw(truth, 'node_total_hourly_cost', ',instance_type!=""')
      for (const { labels, points } of totals) {
        const node = truth.nodes.find(one => one.providerId === labels.get('provider_id'))
        const told = sum(points, point => point.value) / 60
        expect((node?.cpuCost ?? 0) + (node?.ramCost ?? 0) + (node?.gpuCost ?? 0)).toBeCloseTo(told, 12)
      }
    }
  })

  it('has labels of the namespace under those of the pod, and the value that held for most of the hour', () => {
    const labels = (hour: number) => ofPods(shop(hour), 'checkout-')[0]?.labels
    expect(Object.fromEntries(labels(10) ?? [])).toEqual({
      app: 'checkout',
      cost_center: expect.stringMatching(/^cc-\d\d$/),
      kubernetes_io_metadata_name: 'shop',
      team: 'shop',
    })
    expect(labels(11)?.get('team')).toBe('growth')
    expect(labels(23)?.get('team')).toBe('growth')
    expect(ofPods(shop(10), 'invoice-mail-')[0]?.labels.get('team')).toBe('platform')
    const sets = raw(shop(11), 'kube_pod_labels', ',label_app="checkout"').map(one => [
      one.labels.get('label_team'),
      one.points.length,
    ])
    expect(sets.sort()).toEqual(
      [...sets.map(() => ['growth', 40]).slice(0, 4), ...sets.map(() => ['shop', 20]).slice(4)].sort(),
    )
  })

  it('says of a pod name that two pods had which of them ran longer', () => {
    const moved = stage(14).containers.filter(one => one.pod === 'cache-0')
    expect(moved).toHaveLength(4)
    const pods = estate.accounts
      .flatMap(account => account.clusters)
      .flatMap(cluster => cluster.pods)
      .filter(pod => pod.name === 'cache-0' && pod.from === MIDNIGHT + clock(14, 23))
    expect(new Set(moved.map(one => one.podUid))).toEqual(new Set(pods.map(pod => pod.uid)))
  })

  it('knows zone, pool and GPUs of every machine', () => {
    const node = north(8).nodes.find(one => one.node === 'gke-nord-gpu-a')
    expect(node).toMatchObject({ gpus: 2, zone: 'europe-north1-a', nodePool: 'nord-gpu' })
    for (const truth of day) {
      for (const one of truth.nodes) {
        const [told] = raw(truth, 'kube_node_labels', `,node="${one.node}"`)
        expect(told?.labels.get('label_topology_kubernetes_io_zone')).toBe(one.zone)
      }
    }
  })
})
