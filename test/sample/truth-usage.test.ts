import { describe, expect, it } from 'vitest'
import { type Window, windowsStartingIn } from '../../src/domain/window.js'
import { assembleEstate, createEstate, type Estate, SHOP_ACCOUNT } from '../../src/sample/estate.js'
import { clock, DAY, HOUR, machine } from '../../src/sample/machines.js'
import type { ClusterModel } from '../../src/sample/model.js'
import { PromqlEngine } from '../../src/sample/promql.js'
import { container, type WorkloadSpec } from '../../src/sample/specs.js'
import { SeriesStore } from '../../src/sample/store.js'
import { truthOfWindow } from '../../src/sample/truth.js'
import { type AdviceTruth, adviceOf, exactQuantile } from '../../src/sample/truth-advice.js'
import { type UsageTruth, usageOf } from '../../src/sample/truth-usage.js'
import { podsOf } from '../../src/sample/workloads.js'

const MIDNIGHT = 20_700 * DAY
const FOREVER = 1e12
const estate = createEstate({ start: MIDNIGHT, end: MIDNIGHT + 8 * HOUR })

function clusterOf(of: Estate, clusterId: string): ClusterModel {
  const account = of.accounts.find(one => one.cloudAccountId === SHOP_ACCOUNT)
  const cluster = account?.clusters.find(one => one.clusterId === clusterId)
  if (cluster === undefined) throw new Error('the sample estate has another shape')
  return cluster
}

function named<T extends { readonly usage: UsageTruth }>(list: readonly T[], name: string): T {
  const found = list.find(({ usage }) => `${usage.controller}/${usage.container}` === name)
  if (found === undefined) throw new Error(`nothing is known of ${name}`)
  return found
}

describe('the truth about how containers are used', () => {
  const cluster = clusterOf(estate, 'cluster-two')
  const [from, to] = [MIDNIGHT + clock(4), MIDNIGHT + clock(8)]
  const usage = usageOf(estate, cluster, from, to)

  it('has a point for every five minutes of every pod, near to the slope of the counter', () => {
    const engine = new PromqlEngine(new SeriesStore(estate.series(SHOP_ACCOUNT)))
    let compared = 0
    for (const one of usage) {
      if (one.controller === '' || one.controllerKind === 'Job') continue
      const query = `max by (pod) (deriv(container_cpu_usage_seconds_total{cluster_id="cluster-two",namespace="${one.namespace}",container="${one.container}",pod=~"${one.controller}-.+"}[5m] offset 1ms))`
      const steps = { start: (from + 300) * 1000, step: 300_000, count: 48 }
      const answer = engine.range(query, steps, FOREVER)
      if (answer.type === 'scalar') throw new Error('not series')
      const points = answer.series
        .flatMap(series => series.points.map(point => point.value))
        .sort((a, b) => a - b)
      // A restart leaves a point of its own to either side of it.
      if (points.length !== one.cpuPoints.length) continue
      const mean = points.reduce((sum, value) => sum + value, 0) / points.length
      expect(mean / one.cpuMean).toBeCloseTo(1, 2)
      for (const p of [0.5, 0.95, 1]) {
        const theirs = exactQuantile(Float64Array.from(points), p)
        expect(theirs / exactQuantile(one.cpuPoints, p)).toBeGreaterThan(0.97)
        expect(theirs / exactQuantile(one.cpuPoints, p)).toBeLessThan(1.03)
      }
      compared++
    }
    expect(compared).toBeGreaterThan(20)
  })

  it('costs with the requests as they are what the windows cost', () => {
    const account = estate.accounts[0]
    if (account === undefined) throw new Error('an estate without accounts')
    const windows = windowsStartingIn(from, to).flatMap(
      (window: Window) => truthOfWindow(estate, account, cluster, window)?.containers ?? [],
    )
    expect(usage.length).toBeGreaterThan(20)
    for (const one of usage) {
      const own = windows.filter(
        row =>
          row.namespace === one.namespace &&
          row.container === one.container &&
          (row.controller ?? '') === one.controller &&
          (row.controllerKind ?? '') === one.controllerKind,
      )
      const sum = (of: (row: (typeof own)[number]) => number) =>
        own.reduce((total, row) => total + of(row), 0)
      expect(one.costWith('cpu', one.cpuRequest)).toBeCloseTo(
        sum(row => row.cpuCost),
        9,
      )
      expect(one.costWith('ram', one.ramRequest)).toBeCloseTo(
        sum(row => row.ramCost),
        9,
      )
      expect(one.podHours).toBeCloseTo(sum(row => row.minutes) / 60, 9)
      expect(one.ramMean * one.podHours).toBeCloseTo(sum(row => row.ramGibUsedHours) * 2 ** 30, -1)
    }
  })

  it('knows a pod that was there for a part of five minutes by what it used then', () => {
    const runs = usage.find(one => one.container === 'sync')
    expect(runs?.cpuPoints.length).toBeGreaterThan(10)
    // 0.3 cores, swinging by 35 % and 25 %.
    expect(runs?.cpuPoints[0]).toBeGreaterThan(0.3 * 0.4 - 1e-9)
    expect(runs?.cpuHot).toBeGreaterThanOrEqual(runs?.cpuMean ?? Number.NaN)
  })
})

describe('the advice that the truth leads to', () => {
  it('is that of the worked example, to the cent, for use that never changes', () => {
    const span = { from: MIDNIGHT, to: MIDNIGHT + 14 * DAY }
    const site = {
      seed: 1,
      clusterId: 'cluster-one',
      bounds: span,
      machines: [machine('node-a', 'i-1', 'm5.xlarge')],
    }
    const spec: WorkloadSpec = {
      kind: 'Deployment',
      namespace: 'team',
      name: 'service',
      replicas: 3,
      nodes: ['node-a'],
      containers: [{ ...container('app', 1, 0.2, 2048, 700), swing: 0 }],
    }
    const model = { ...clusterOf(estate, 'cluster-two'), machines: site.machines, pods: podsOf(site, spec) }
    const steady = assembleEstate({ start: span.from, end: span.to, intervalSeconds: 150 }, [])
    const [advice] = adviceOf(steady, model, span.from, span.to)
    expect(advice?.cpu).toEqual({ recommended: 230, action: 'decrease' })
    expect(advice?.ram).toEqual({ recommended: 805 * 2 ** 20, action: 'decrease' })
    // Pods are rolled out anew once a week, which leaves a gap of a minute or two.
    expect(advice?.savingWith('cpu', 0.23)).toBeCloseTo(53.31, 1)
    expect(advice?.savingWith('ram', 805 * 2 ** 20)).toBeCloseTo(11.26, 1)
    expect(advice?.reasons).toEqual([])
    expect(advice?.confidence).toBe(1)
  })

  describe('on the sample estate', () => {
    const week = createEstate({ start: MIDNIGHT - 8 * DAY, end: MIDNIGHT, intervalSeconds: 150 })
    const advice = ['cluster-one', 'cluster-two'].flatMap(id =>
      adviceOf(week, clusterOf(week, id), week.from, week.to),
    )
    const saved = ({ usage, cpu, savingWith }: AdviceTruth) =>
      savingWith('cpu', (cpu.recommended ?? Number.NaN) / 1000) / usage.podHours

    it.each([
      ['hog/sleeper', 'decrease', 'decrease', []],
      ['search-index/indexer', 'increase', 'increase', ['oom']],
      ['free-rider/rider', 'set', 'set', []],
      ['last-years-demo/demo', 'decrease', 'decrease', ['cpu_floor', 'ram_floor']],
      ['hoarder/hoarder', 'increase', 'increase', ['oom']],
      ['pricing/pricing', 'suppressed', 'decrease', ['hpa']],
      ['router/router', 'keep', 'keep', ['imbalanced_replicas']],
      ['encode/encode', 'keep', 'keep', ['throttled']],
      ['simulate/simulate', 'increase', 'keep', ['exceeds_node']],
    ] as const)('of %s is %s of CPU and %s of memory', (name, cpu, ram, reasons) => {
      const one = named(advice, name)
      expect([one.cpu.action, one.ram.action]).toEqual([cpu, ram])
      expect(one.reasons).toEqual(expect.arrayContaining([...reasons]))
      if (cpu === 'decrease') expect(saved(one)).toBeGreaterThan(0)
      if (cpu === 'increase') expect(saved(one)).toBeLessThan(0)
    })

    it('is surer of what it has seen for longer, and gives none on what ran but once', () => {
      const young = advice.filter(({ usage }) => usage.controller.startsWith('preview-'))
      expect(young.some(one => one.confidence < 0.75 && one.cpu.action === 'decrease')).toBe(true)
      expect(named(advice, 'hog/sleeper').confidence).toBe(1)
      const once = advice.filter(({ usage }) => usage.container === 'import')
      expect(once.length).toBeGreaterThan(20)
      expect(new Set(once.map(one => one.cpu.action))).toEqual(new Set(['none']))
    })

    it('never says of a cluster what its sources do not tell', () => {
      const blind = adviceOf(week, clusterOf(week, 'cluster-one'), week.from, week.to)
      expect(blind.every(one => one.reasons.includes('hpa_unknown'))).toBe(true)
      const seeing = adviceOf(week, clusterOf(week, 'cluster-two'), week.from, week.to)
      expect(seeing.some(one => one.reasons.includes('hpa_unknown'))).toBe(false)
    })
  })
})
