import { describe, expect, it } from 'vitest'
import { GIB } from '../../src/sample/model.js'
import type { WindowTruth } from '../../src/sample/truth-types.js'
import { byLabelAndTime, north, ofPods, raw, shop, stage, sum } from '../support/sample-truth.js'

describe('what pods share and what is left to nobody', () => {
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
        const unknown = truth.remainders.filter(one => `${one.namespace} ${one.name}` === pod)
        const told = sum(own, one => one.networkInternetGib ?? 0) + sum(unknown, one => one.quantity)
        expect(told, pod).toBeCloseTo(gib, 9)
      }
    }
    expect(resets).toBeGreaterThan(3)
    expect(north(9).remainders.filter(one => one.kind === 'unallocated')).toEqual([
      {
        kind: 'unallocated',
        part: 'network_internet',
        namespace: 'gke-managed-system',
        name: 'egress-gateway',
        quantity: expect.closeTo((22_000 * 3600) / GIB, 12),
        cost: expect.closeTo(((22_000 * 3600) / GIB) * 0.12, 12),
      },
    ])
    const [front] = ofPods(shop(8), 'front-')
    expect(front?.networkInternetCost).toBeCloseTo((front?.networkInternetGib ?? 0) * 0.143, 12)
    expect(front?.networkRegionCost).toBe(0)
    expect(stage(8).containers.every(one => one.networkInternetCost === null)).toBe(true)
  })
})
