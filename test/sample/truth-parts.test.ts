import { describe, expect, it } from 'vitest'
import { type Window, windowEnd } from '../../src/domain/window.js'
import { createEstate, NORTH_ACCOUNT, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY } from '../../src/sample/machines.js'
import { GIB } from '../../src/sample/model.js'
import { PromqlEngine, type ResultSeries } from '../../src/sample/promql.js'
import { SeriesStore } from '../../src/sample/store.js'
import { truthOf, truthOfWindow } from '../../src/sample/truth.js'
import { truthTotals } from '../../src/sample/truth-totals.js'
import type { ContainerTruth, WindowTruth } from '../../src/sample/truth-types.js'

/** An even day, so that collection stops in the north from 04:10 to 04:40. */
const MIDNIGHT = 20_700 * DAY
const FOREVER = 1e12

const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + DAY, offsetSeconds: 11 })
const day = [...truthOf(estate, MIDNIGHT, MIDNIGHT + DAY)]
const engine = new PromqlEngine(
  new SeriesStore(estate.accounts.flatMap(one => estate.series(one.cloudAccountId))),
)

function truthAt(cloudAccountId: string, clusterId: string, hours: number): WindowTruth {
  const account = estate.accounts.find(one => one.cloudAccountId === cloudAccountId)
  const cluster = account?.clusters.find(one => one.clusterId === clusterId)
  const truth =
    account && cluster && truthOfWindow(estate, account, cluster, (MIDNIGHT + clock(hours)) as Window)
  if (!truth) throw new Error('no truth of this window')
  return truth
}

const shop = (hours: number) => truthAt(SHOP_ACCOUNT, 'cluster-one', hours)
const stage = (hours: number) => truthAt(SHOP_ACCOUNT, 'cluster-two', hours)
const north = (hours: number) => truthAt(NORTH_ACCOUNT, 'cluster-one', hours)

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

function ofPods(truth: WindowTruth, name: string): ContainerTruth[] {
  return truth.containers.filter(one => one.pod.startsWith(name))
}

/** Raw samples of the window. */
function raw(truth: WindowTruth, metric: string, matchers = ''): readonly ResultSeries[] {
  const query = `${metric}{tenant_id="${truth.cloudAccountId}",cluster_id="${truth.cluster}"${matchers}}[1h] offset 1ms`
  const result = engine.instant(query, windowEnd(truth.window) * 1000, FOREVER)
  if (result.type === 'scalar') throw new Error('not raw samples')
  return result.series
}

function byLabelAndTime(series: readonly ResultSeries[], name: string): Map<string, number> {
  return new Map(
    series.flatMap(({ labels, points }) =>
      points.map(({ t, value }): [string, number] => [`${labels.get(name)} ${t}`, value]),
    ),
  )
}

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
      expect(carried + shared + total.idleCost + total.unmountedCost + total.managementCost).toBeCloseTo(
        total.totalCost,
        9,
      )
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

  it('follows a claim that grows within the hour and is unmounted at both ends of the day', () => {
    const price = 0.1 / 730
    const growing = stage(10)
    const [holder] = ofPods(growing, 'reports-0')
    const disk = (truth: WindowTruth) => truth.assets.find(one => one.claim === 'data-reports-0')
    expect(holder?.pvGibHours).toBeCloseTo((25 * 40 + 35 * 60) / 60, 12)
    expect(holder?.pvCost).toBeCloseTo(((25 * 40 + 35 * 60) / 60) * price, 12)
    expect(disk(growing)?.gib).toBeCloseTo((25 * 40 + 35 * 60) / 60, 12)
    const evening = stage(22)
    const left = evening.remainders.find(one => one.name === disk(evening)?.name)
    expect(left).toMatchObject({ kind: 'unmounted', part: 'pv', namespace: 'data' })
    expect(left?.quantity).toBeCloseTo(20, 12)
    expect(disk(stage(0))).toBeUndefined()
    expect(disk(stage(23))).toBeUndefined()
  })

  it('knows a volume that is made and deleted within the hour', () => {
    const truth = shop(15)
    const disk = truth.assets.find(one => one.claim === 'scratch-probe-0')
    expect([disk?.minutes, disk?.gib]).toEqual([expect.closeTo(35, 9), expect.closeTo(50, 9)])
    expect(sum(ofPods(truth, 'probe-0'), one => one.pvGibHours)).toBeCloseTo((50 * 26) / 60, 12)
    const left = truth.remainders.find(one => one.name === disk?.name)
    expect(left?.quantity).toBeCloseTo((50 * 9) / 60, 12)
  })

  it('leaves what a volume has beyond its claim, a volume without a claim and local disks to nobody', () => {
    const truth = north(8)
    for (const replica of [0, 1, 2]) {
      const disk = truth.assets.find(one => one.claim === `data-postgres-${replica}`)
      const left = truth.remainders.find(one => one.name === disk?.name)
      expect([disk?.gib, left?.quantity]).toEqual([64, expect.closeTo(14, 12)])
    }
    expect(truth.remainders.find(one => one.name === 'pv-archive-2019')).toMatchObject({
      namespace: '',
      quantity: expect.closeTo(250, 9),
      cost: expect.closeTo((250 * 0.11) / 730, 12),
    })
    const disks = shop(8).remainders.filter(one => one.name.endsWith(':/dev/nvme0n1'))
    expect(disks.find(one => one.name.startsWith('ip-10-0-1-10'))?.cost).toBeCloseTo((80 * 0.04) / 730, 12)
    expect(disks.find(one => one.name.startsWith('ip-10-0-1-17'))?.quantity).toBeCloseTo((80 * 20) / 60, 9)
  })

  it('shares a claim by the minute, as its series say sample by sample', () => {
    let most = 0
    for (const truth of [shop(6), shop(7), stage(22), north(4), north(9)]) {
      const prices = byLabelAndTime(raw(truth, 'pv_hourly_cost'), 'persistentvolume')
      const costs = new Map<string, number>()
      const claims = new Map<string, number>()
      for (const { labels, points } of raw(truth, 'pod_pvc_allocation')) {
        const pod = `${labels.get('namespace')} ${labels.get('pod')}`
        const volume = labels.get('persistentvolume')
        for (const { t, value } of points) {
          const price = prices.get(`${volume} ${t}`) ?? Number.NaN
          costs.set(pod, (costs.get(pod) ?? 0) + ((value / GIB) * price) / 60)
          claims.set(`${volume} ${t}`, (claims.get(`${volume} ${t}`) ?? 0) + 1)
        }
      }
      most = Math.max(most, ...claims.values())
      const told = new Map<string, number>()
      for (const one of truth.containers) {
        const pod = `${one.namespace} ${one.pod}`
        if (one.pvCost > 0) told.set(pod, (told.get(pod) ?? 0) + one.pvCost)
      }
      expect([...told.keys()].sort()).toEqual([...costs.keys()].sort())
      for (const [pod, cost] of costs) expect(told.get(pod), `${pod} ${truth.window}`).toBeCloseTo(cost, 12)
      const [capacity] = [raw(truth, 'kube_persistentvolume_capacity_bytes', ',job="kubecost"')]
      for (const { labels, points } of capacity) {
        const disk = truth.assets.find(one => one.assetId === labels.get('persistentvolume'))
        expect((disk?.gib ?? 0) * (disk?.minutes ?? 0)).toBeCloseTo(
          sum(points, point => point.value) / GIB,
          9,
        )
      }
    }
    expect(most).toBeGreaterThan(2)
  })

  it('divides a volume by the pods that hold it at that minute and not by their number in the hour', () => {
    const truth = shop(7)
    const runs = ofPods(truth, 'invoice-mail-')
    expect(runs.length).toBeGreaterThan(2)
    const own = sum(ofPods(truth, 'mail-relay-'), one => one.pvGibHours)
    const theirs = sum(runs, one => one.pvGibHours)
    expect(own + theirs).toBeCloseTo(20, 9)
    expect(own).toBeGreaterThan(10)
    expect(theirs).toBeGreaterThan(2)
  })

  it('shares a balancer by the samples of each pod, and leaves one with no pod behind it to nobody', () => {
    const truth = shop(7)
    const front = truth.containers.filter(one => one.pod.startsWith('front-'))
    expect(new Set(front.map(one => one.pod)).size).toBe(6)
    for (const one of front) expect(one.loadBalancerHours).toBeCloseTo(1 / 12, 12)
    const unused = (hour: number) =>
      shop(hour)
        .remainders.filter(one => one.part === 'load_balancer')
        .map(one => one.name)
    expect(unused(7)).toEqual(['forgotten'])
    expect(unused(0)).toEqual(['thumbnails', 'forgotten'])
    expect(stage(8).remainders.filter(one => one.part === 'load_balancer')).toEqual([
      expect.objectContaining({ namespace: 'legacy', name: 'old-batch', quantity: expect.closeTo(1, 9) }),
    ])
  })

  it('gives pods that were behind a balancer for part of the hour less of it', () => {
    const truth = north(9)
    const runs = ofPods(truth, 'rapport-quotidien-')
    const minutes = sum(runs, one => one.minutes)
    expect(new Set(runs.map(one => Math.round(one.minutes))).size).toBeGreaterThan(1)
    for (const one of runs) expect(one.loadBalancerCost).toBeCloseTo((0.025 * one.minutes) / minutes, 12)
  })

  it('charges a balancer that waits for its address once, from the start', () => {
    const truth = stage(9)
    const asset = truth.assets.find(one => one.assetId === 'shop/preview')
    expect(asset?.totalCost).toBeCloseTo((0.0225 * 40) / 60, 12)
    const series = raw(truth, 'kubecost_load_balancer_cost', ',service_name="preview"')
    expect(series.map(one => one.labels.has('ingress_ip'))).toContain(false)
    expect(sum(series, one => sum(one.points, point => point.value)) / 60).toBeCloseTo(
      asset?.totalCost ?? 0,
      12,
    )
  })

  it('knows traffic from its rate, also while an agent counts from zero again', () => {
    let resets = 0
    for (const truth of [shop(13), north(17), north(9)]) {
      const sent = new Map<string, number>()
      const internet = ',internet="true"'
      for (const { labels, points } of raw(truth, 'kubecost_pod_network_egress_bytes_total', internet)) {
        const rates = points.slice(1).map((point, i) => (point.value - (points[i]?.value ?? 0)) / 60)
        resets += rates.filter(rate => rate < 0).length
        const rate = rates.find(one => one > 0)
        if (rate === undefined) continue
        const pod = `${labels.get('namespace')} ${labels.get('pod_name')}`
        sent.set(pod, (sent.get(pod) ?? 0) + (rate * points.length * 60) / GIB)
      }
      expect(sent.size).toBeGreaterThan(8)
      for (const [pod, gib] of sent) {
        const own = truth.containers.filter(one => `${one.namespace} ${one.pod}` === pod)
        expect(sum(own, one => one.networkInternetGib ?? 0)).toBeCloseTo(gib, 9)
      }
    }
    expect(resets).toBeGreaterThan(3)
    const [front] = ofPods(shop(8), 'front-')
    expect(front?.networkInternetCost).toBeCloseTo((front?.networkInternetGib ?? 0) * 0.143, 12)
    expect(front?.networkRegionCost).toBe(0)
    expect(stage(8).containers.every(one => one.networkInternetCost === null)).toBe(true)
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
