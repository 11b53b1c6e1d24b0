import { describe, expect, test } from 'vitest'
import type { Series } from '../../src/domain/samples.js'
import { Sketch } from '../../src/domain/sketch.js'
import type { UsageRow } from '../../src/domain/usage.js'
import type {
  CpuPace,
  PublishedContainer,
  PublishedWindow,
  UsageBatch,
  UsageFact,
  UsageWindowRows,
} from '../../src/domain/usage-samples.js'
import { windowOf } from '../../src/domain/window.js'
import { usageWindows } from '../../src/transform/usage.js'
import { encoded } from '../support/usage-rows.js'

const GIB = 2 ** 30
const MIB = 2 ** 20
const HOUR = windowOf(Date.UTC(2026, 8, 29, 9) / 1000)
const END = HOUR + 3600
const COUNTER: CpuPace = { source: 'counter', stepSeconds: 300 }

const names = (pod: string) => ({ namespace: 'web', pod, container: 'app' })

function container(pod: string, changes: Partial<PublishedContainer> = {}): PublishedContainer {
  return {
    ...names(pod),
    controllerKind: 'Deployment',
    controller: 'api',
    minutes: 60,
    cpuCoreHours: 0.5,
    cpuCoreRequestHours: 0.5,
    ramGibHours: 1,
    ramGibRequestHours: 1,
    ramGibUsedHours: 0.25,
    cpuCost: 15n,
    ramCost: 4n,
    ...changes,
  }
}

type Told = Readonly<Record<string, string>>
/** Points of a series, the last at the end of the hour and the others `step` seconds before each other. */
function series(labels: Told, values: readonly number[], step = 300): Series {
  return {
    labels: new Map(Object.entries(labels)),
    times: values.map((_, i) => END - (values.length - 1 - i) * step),
    values,
  }
}

const level = (pod: string, value: number) => series(names(pod), [value])
const cpu = (pod: string, values: readonly number[]) => series(names(pod), values)

interface Given {
  readonly facts?: Partial<Record<UsageFact, readonly Series[]>>
  readonly pace?: CpuPace | null
  readonly window?: Partial<PublishedWindow>
}

function window(containers: readonly PublishedContainer[], given: Given = {}): UsageWindowRows {
  const { pace = COUNTER } = given
  const batch: UsageBatch = {
    windows: [HOUR],
    facts: new Map(Object.entries(given.facts ?? {})) as Map<UsageFact, readonly Series[]>,
    pace: new Map(pace === null ? [] : [[HOUR, pace]]),
  }
  const costs = {
    ...{ window: HOUR, revision: 3, isHeard: true, containers },
    ...{ largestCpuCores: 8, largestRamBytes: 32 * GIB },
  }
  const [found, ...others] = usageWindows(batch, [{ ...costs, ...given.window }])
  if (found === undefined || others.length > 0) throw new Error('one window gives one result')
  return found
}

function only(found: UsageWindowRows): UsageRow {
  const [row, ...others] = found.rows
  if (row === undefined || others.length > 0)
    throw new Error(`one row was expected, not ${found.rows.length}`)
  return row
}

const weightOf = (bytes: Uint8Array | null) => (bytes === null ? null : Sketch.decode(bytes).weight)

describe('pods of one workload', () => {
  const found = window(
    [
      container('a', { cpuCost: 10n ** 20n, ramGibUsedHours: 0.5 }),
      container('b', {
        minutes: 30,
        cpuCoreRequestHours: 0.25,
        ramGibRequestHours: 0.5,
        ramGibUsedHours: 0.5,
      }),
    ],
    {
      facts: {
        cpuPoints: [cpu('a', Array(12).fill(0.1)), cpu('b', [0.2, 0.3, 0.4, 0.5, 0.6, 0.7])],
        ramPeak: [level('a', 300 * MIB), level('b', 1.5 * GIB)],
        cpuLimit: [level('a', 1), level('b', 1)],
        ramLimit: [level('a', 2 * GIB)],
        restarts: [level('a', 0), level('b', 2.98)],
        cpuPeriods: [level('b', 1000)],
        cpuThrottledPeriods: [level('b', 250)],
      },
    },
  )
  const row = only(found)

  test('are one row, with all of their points and all of their costs', () => {
    expect(row).toMatchObject({
      ...{ namespace: 'web', controllerKind: 'Deployment', controller: 'api', container: 'app' },
      ...{ firstWindow: HOUR, lastWindow: HOUR, hours: 1, hoursCovered: 1, stepWorth: 1 },
      ...{ pods: 2, podSeconds: 5400, cpuPoints: 18, cpuPointsExpected: 18, stepSeconds: 300 },
      ...{ cpuWeight: 18, cpuMax: 0.7, cpuCoreHours: 1, cpuCoreRequestHours: 0.75 },
      ...{ cpuCost: 10n ** 20n + 15n, ramCost: 8n, ramWeight: 2, ramMax: 1.5 * GIB },
      ...{ ramUsedGibHours: 1, ramMeasuredHours: 1.5, ramGibHours: 2, ramGibRequestHours: 1.5 },
      ...{ restarts: 3, cpuPeriods: 1000, cpuThrottledPeriods: 250 },
    })
    expect(row.cpuSum).toBeCloseTo(1.2 + 2.7, 12)
    expect(weightOf(row.cpuSketch)).toBe(18)
  })

  test('name the one with the highest mean, and have its points apart', () => {
    expect(row.cpuHotSum).toBeCloseTo(0.45, 12)
    expect(row.cpuHotHours).toBe(1)
    expect(weightOf(row.cpuHotSketch)).toBe(6)
  })

  test('have their means of memory by the time that each ran', () => {
    const means = Sketch.decode(row.ramMeanSketch ?? new Uint8Array())
    expect(means.weight).toBe(2)
    expect(means.quantile(0.5, 9)).toBeCloseTo(0.5, 1)
    expect(means.quantile(1, 9)).toBeGreaterThan(0.99)
  })

  test('request per hour that they ran, so that half an hour is no half request', () => {
    expect(row).toMatchObject({ cpuRequest: 0.5, cpuLimit: 1, ramRequest: GIB })
  })

  test('are limited as most of them are, none being a limit too', () => {
    expect(row.ramLimit).toBe(2 * GIB)
    const limits = { ramLimit: [level('b', 2 * GIB)] }
    expect(
      only(window([container('a'), container('b', { minutes: 30 })], { facts: limits })).ramLimit,
    ).toBeNull()
  })

  test('give the row of the window what the cluster tells of', () => {
    expect(found).toMatchObject({
      ...{ window: HOUR, revision: 3, points: 20, rejects: [], cpuSource: 'counter', stepSeconds: 300 },
      ...{ knowsRequests: true, knowsLimits: true, knowsOom: false, knowsThrottling: true, knowsHpa: false },
      ...{ largestCpuCores: 8, largestRamBytes: 32 * GIB },
    })
  })

  test('give the same row in whatever order they come', () => {
    const costs = [container('a'), container('b'), container('c')]
    const points = ['a', 'b', 'c'].map((pod, i) => cpu(pod, [0.1 + i, 0.7 / (i + 1), 1 / 3]))
    const forth = window(costs, { facts: { cpuPoints: points } })
    const back = window([...costs].reverse(), { facts: { cpuPoints: [...points].reverse() } })
    expect(back).toEqual(forth)
  })
})

describe('the mean of memory', () => {
  const told = (changes: Partial<PublishedContainer>, facts: Given['facts'] = {}) =>
    only(window([container('a', { minutes: 30, ...changes })], { facts }))
  const read = { ramPeak: [level('a', GIB)], ramMean: [level('a', GIB / 2)] }

  test('is what the costs say', () => {
    expect(told({ ramGibUsedHours: 0.2 }, read)).toMatchObject({
      ramUsedGibHours: 0.2,
      ramMeasuredHours: 0.5,
    })
  })

  test('is what was read with the peak where the costs have no use of memory', () => {
    const found = told({ ramGibUsedHours: null }, read)
    expect(found).toMatchObject({ ramUsedGibHours: 0.25, ramMeasuredHours: 0.5, ramMax: GIB })
    expect(found.ramMeanSketch).toEqual(encoded([0.5, 1]))
  })

  test('is unknown without a peak that can be true', () => {
    const wild = { ramPeak: [level('a', 1e18)], ramMean: [level('a', GIB / 2)] }
    for (const facts of [{ ramMean: read.ramMean }, wild])
      expect(told({ ramGibUsedHours: null }, facts)).toMatchObject({
        ramUsedGibHours: null,
        ramMeasuredHours: 0,
      })
  })
})

describe('a container without points', () => {
  test('is a row all the same, with its costs and nothing measured', () => {
    const found = window([container('a', { ramGibUsedHours: null })], { pace: null })
    expect(only(found)).toMatchObject({
      ...{ hoursCovered: 0, stepWorth: 0, cpuPoints: 0, cpuPointsExpected: 12, stepSeconds: null },
      ...{ cpuWeight: 0, cpuSum: null, cpuMax: null, cpuHotSum: null, cpuHotHours: 0, cpuSketch: null },
      ...{ ramWeight: 0, ramMax: null, ramPeakSketch: null, ramMeanSketch: null, ramUsedGibHours: null },
      ...{
        ramMeasuredHours: 0,
        restarts: null,
        cpuPeriods: null,
        cpuCost: 15n,
        ramCost: 4n,
        cpuRequest: 0.5,
      },
    })
    expect(found).toMatchObject({ cpuSource: null, stepSeconds: null, points: 0 })
  })

  test('belongs to no workload where nobody owns the pod, and asks for nothing where it has no request', () => {
    const alone = { controllerKind: '', controller: '', cpuCoreRequestHours: null, ramGibRequestHours: 0 }
    const found = window([container('a', alone)])
    expect(only(found)).toMatchObject({
      controllerKind: '',
      controller: '',
      cpuRequest: null,
      ramRequest: null,
    })
    expect(found.knowsRequests).toBe(true)
    const silent = { ...alone, ramGibRequestHours: null }
    expect(window([container('a', silent)]).knowsRequests).toBe(false)
  })
})

describe('a pod name on two nodes in one hour', () => {
  test('is one pod, of the workload that it was longest of', () => {
    const costs = [
      container('db-0', { minutes: 15, controller: 'old', cpuCoreRequestHours: 0.25 }),
      container('db-0', { minutes: 45, controller: 'new', cpuCoreRequestHours: 0.75 }),
    ]
    const row = only(window(costs, { facts: { cpuPoints: [cpu('db-0', Array(12).fill(0.5))] } }))
    expect(row).toMatchObject({ controller: 'new', pods: 1, podSeconds: 3600, cpuPoints: 12, cpuRequest: 1 })
    expect(row.cpuHotSketch).toBeNull()
  })
})

describe('an hour', () => {
  const withPoints = (count: number, minutes = 60) =>
    only(window([container('a', { minutes })], { facts: { cpuPoints: [cpu('a', Array(count).fill(0.1))] } }))

  test('is covered from three quarters of the points that the running time lets one expect', () => {
    expect([withPoints(9).hoursCovered, withPoints(8).hoursCovered]).toEqual([1, 0])
    expect([withPoints(3, 20).hoursCovered, withPoints(2, 20).hoursCovered]).toEqual([1, 0])
  })

  test('of coarse points counts each for its time, and is worth less', () => {
    const coarse = (stepSeconds: number, values: number[]) =>
      only(
        window([container('a')], {
          pace: { source: 'counter', stepSeconds },
          facts: { cpuPoints: [series(names('a'), values, stepSeconds)] },
        }),
      )
    const ofAnHour = coarse(3600, [0.25])
    expect(ofAnHour).toMatchObject({ hoursCovered: 1, stepWorth: 0.5, cpuPoints: 1, cpuPointsExpected: 1 })
    expect(ofAnHour).toMatchObject({
      cpuWeight: 12,
      cpuSum: 3,
      cpuMax: 0.25,
      stepSeconds: 3600,
      cpuHotSum: 0.25,
    })
    expect(weightOf(ofAnHour.cpuSketch)).toBe(12)
    const ofTenMinutes = coarse(600, Array(6).fill(0.25))
    expect(ofTenMinutes.cpuWeight).toBe(12)
    expect(ofTenMinutes.stepWorth).toBeGreaterThan(0.5)
    expect(ofTenMinutes.stepWorth).toBeLessThan(1)
  })

  test('takes nothing of its neighbours', () => {
    const points = { ...cpu('a', [9, 0.1, 0.2, 9]), times: [HOUR, HOUR + 300, END, END + 300] }
    expect(only(window([container('a')], { facts: { cpuPoints: [points] } }))).toMatchObject({
      cpuPoints: 2,
      cpuMax: 0.2,
    })
  })
})

describe('what cannot be true', () => {
  const bad = [Number.NaN, -0.1, Number.POSITIVE_INFINITY, 16.1, 0.2]

  test('never enters, and is counted with an example', () => {
    const found = window([container('a')], {
      facts: { cpuPoints: [cpu('a', bad)], ramPeak: [level('a', 64 * GIB + 1)] },
    })
    expect(only(found)).toMatchObject({ cpuPoints: 1, cpuMax: 0.2, cpuSum: 0.2, ramWeight: 0, ramMax: null })
    const example = 'namespace=web pod=a container=app'
    expect(found.rejects).toEqual([
      { reason: 'impossible_usage', metric: 'container_cpu_usage_seconds_total', count: 4, example },
      { reason: 'impossible_usage', metric: 'container_memory_working_set_bytes', count: 1, example },
    ])
  })

  test('is judged by the largest node that is told, else by its capacity, else by what is built', () => {
    const points = { cpuPoints: [cpu('a', [20, 600])] }
    const told = { ...points, largestCpu: [series({}, [400])] }
    expect(only(window([container('a')], { facts: told })).cpuPoints).toBe(2)
    expect(window([container('a')], { facts: told }).largestCpuCores).toBe(400)
    expect(only(window([container('a')], { facts: points })).cpuPoints).toBe(0)
    const unknown = { largestCpuCores: null, largestRamBytes: null }
    expect(only(window([container('a')], { facts: points, window: unknown })).cpuPoints).toBe(1)
  })

  test('of a container that costs nothing is counted, and makes no row', () => {
    const found = window([container('a')], {
      facts: { cpuPoints: [cpu('ghost', [0.1, 0.2])], ramPeak: [level('ghost', GIB)] },
      pace: { source: 'rule', stepSeconds: 300 },
    })
    expect(only(found).cpuPoints).toBe(0)
    expect(found.rejects).toMatchObject([
      { reason: 'usage_without_allocation', metric: 'container_memory_working_set_bytes', count: 1 },
      { reason: 'usage_without_allocation', metric: 'kubecost_container_cpu_usage_irate', count: 2 },
    ])
  })

  test('of a limit is no limit', () => {
    const facts = { cpuLimit: [level('a', Number.NaN)], ramLimit: [level('a', 0)] }
    expect(only(window([container('a')], { facts }))).toMatchObject({ cpuLimit: null, ramLimit: null })
  })
})

describe('memory that ran out', () => {
  const limit = 512 * MIB
  const oomOf = (facts: Given['facts']) => {
    const { oom, oomInferred, oomBytes } = only(
      window([container('a')], {
        facts: { ramLimit: [level('a', limit)], ramPeak: [level('a', 500 * MIB)], ...facts },
      }),
    )
    return { oom, oomInferred, oomBytes }
  }
  const told = { reasonsTold: [series({}, [3])], oomTold: [level('a', 1)] }
  const no = { oom: false, oomInferred: false, oomBytes: null }
  const unknown = { oom: null, oomInferred: false, oomBytes: null }

  test('is told by the reason of an end in an hour with a restart, and not for weeks afterwards', () => {
    expect(oomOf({ ...told, restarts: [level('a', 1.02)] })).toEqual({ ...no, oom: true, oomBytes: limit })
    expect(oomOf({ ...told, restarts: [level('a', 0)] })).toEqual(no)
    expect(oomOf({ reasonsTold: told.reasonsTold, restarts: [level('a', 1)] })).toEqual(no)
    expect(oomOf(told)).toEqual(unknown)
  })

  test('took as much as was in use, where that was more than the limit of then', () => {
    const peak = [level('a', 600 * MIB)]
    expect(oomOf({ ...told, restarts: [level('a', 1)], ramPeak: peak }).oomBytes).toBe(600 * MIB)
  })

  test('is inferred from a restart next to the limit where nobody tells why containers end', () => {
    const restarted = { restarts: [level('a', 1)] }
    expect(oomOf(restarted)).toEqual({ oom: true, oomInferred: true, oomBytes: limit })
    expect(oomOf({ ...restarted, ramPeak: [level('a', 0.94 * limit)] })).toEqual(no)
    expect(oomOf({ ...restarted, ramLimit: [] })).toEqual(unknown)
    expect(oomOf({ restarts: [level('a', 0)] })).toEqual(no)
    expect(oomOf({})).toEqual(unknown)
  })
})

describe('an autoscaler', () => {
  const scaler = (name: string, target: string, kind = 'Deployment') =>
    series(
      {
        namespace: 'web',
        horizontalpodautoscaler: name,
        scaletargetref_kind: kind,
        scaletargetref_name: target,
      },
      [1],
    )
  const target = (name: string, metric: string, type: string, of = 'horizontalpodautoscaler') =>
    series({ namespace: 'web', [of]: name, metric_name: metric, metric_target_type: type }, [80])
  const scaledOf = (facts: NonNullable<Given['facts']>) => {
    const found = window([container('a'), container('b', { controller: 'other' })], { facts })
    return found.rows.map(({ controller, hpaCpu, hpaRam }) => [controller, hpaCpu, hpaRam])
  }

  test('of use relative to the request is of the workload that it drives', () => {
    const facts = { scalers: [scaler('x', 'api')], scalerTargets: [target('x', 'cpu', 'utilization')] }
    expect(scaledOf(facts)).toEqual([
      ['api', true, false],
      ['other', false, false],
    ])
    const byMemory = { ...facts, scalerTargets: [target('x', 'memory', 'Utilization', 'hpa')] }
    expect(scaledOf(byMemory)[0]).toEqual(['api', false, true])
  })

  test('of an absolute value or of another kind of the same name is none', () => {
    const average = { scalers: [scaler('x', 'api')], scalerTargets: [target('x', 'cpu', 'average')] }
    expect(scaledOf(average)[0]).toEqual(['api', false, false])
    const rollout = {
      scalers: [scaler('x', 'api', 'Rollout')],
      scalerTargets: [target('x', 'cpu', 'utilization')],
    }
    expect(scaledOf(rollout)[0]).toEqual(['api', false, false])
  })

  test('is unknown where none is told of, and of its own workload where not by what it decides', () => {
    expect(scaledOf({})).toEqual([
      ['api', null, null],
      ['other', null, null],
    ])
    expect(scaledOf({ scalers: [scaler('x', 'api')] })).toEqual([
      ['api', null, null],
      ['other', false, false],
    ])
  })
})
