import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sumMoney } from '../../src/domain/money.js'
import type { WindowRows } from '../../src/domain/rows.js'
import type { ClusterBatch } from '../../src/domain/samples.js'
import { HOUR_SECONDS, type Window } from '../../src/domain/window.js'
import { type WindowOutcome, windowOutcomes } from '../../src/transform/window-rows.js'
import { BatchBuilder, H, point } from '../support/batch.js'

const A = { name: 'a', node: 'n1', cpuRequest: 1, cpuUse: 0.25, ramRequest: 2, ramUse: 1 }
const NEXT = (H + HOUR_SECONDS) as Window

function only(batch: ClusterBatch): WindowOutcome {
  const [outcome] = windowOutcomes(batch)
  if (!outcome) throw new Error('no outcome')
  return outcome
}

function rowsOf(batch: ClusterBatch): WindowRows {
  const outcome = only(batch)
  if (outcome.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(outcome)}`)
  return outcome.rows
}

describe('which windows can be published', () => {
  test('a hole in scraping is not measured, and is not taken for not running', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1', samples: 30 })
        .container({ ...A, samples: 30 })
        .build(),
    )
    expect(rows.coverage).toBe(0.5)
    expect(rows).toMatchObject({ samplesSeen: 30, samplesExpected: 60 })
    expect(rows.allocations[0]?.minutes).toBe(30)
  })

  test('coverage is the heartbeat of any series of the exporter, so a spot node that comes does not lower it', () => {
    const builder = new BatchBuilder().node({ name: 'n1', samples: 20 }).container({ ...A, samples: 20 })
    builder.add('heartbeat', point({ job: 'kubecost' }, 60))
    expect(rowsOf(builder.build()).coverage).toBe(1)
  })

  test('no heartbeat is a silent window without rows, whatever other exporters say', () => {
    const builder = new BatchBuilder()
    builder
      .add('nodeCapacitySamples', point({ job: 'ksm', node: 'n1' }, 120))
      .add('nodeCpuCapacity', point({ node: 'n1' }, 4))
    expect(only(builder.build())).toMatchObject({
      kind: 'silent',
      rows: { coverage: 0, allocations: [], nodes: [], idle: [] },
    })
  })

  test('an essential metric that is absent names itself', () => {
    const builder = new BatchBuilder().node({ name: 'n1' }).container(A)
    builder.facts.delete('ramAllocated')
    builder.facts.delete('nodeCpuPrice')
    expect(only(builder.build())).toEqual({
      kind: 'incomplete',
      window: H,
      reason: 'missing_series',
      detail: 'node_cpu_hourly_cost, container_memory_allocation_bytes',
    })
  })

  test('allocation absent while requests exist is a missing series, absent with everything else an empty cluster', () => {
    const builder = new BatchBuilder().node({ name: 'n1' })
    expect(rowsOf(builder.build()).allocations).toEqual([])
    builder.add('cpuRequested', point({ namespace: 'shop', pod: 'p', container: 'c', node: 'n1' }, 1))
    expect(only(builder.build())).toMatchObject({
      kind: 'incomplete',
      detail: expect.stringContaining('container_cpu_allocation'),
    })
  })

  test('without the sample interval of the exporter nothing is computed', () => {
    expect(only(new BatchBuilder().node({ name: 'n1' }).build([H], {}))).toMatchObject({
      kind: 'unpaced',
      window: H,
    })
  })
})

describe('container-hours', () => {
  test('every job counts at its own pace: 120 samples of 30 s are one hour', () => {
    const builder = new BatchBuilder().node({ name: 'n1' }).container({ ...A, job: 'other', samples: 120 })
    const rows = rowsOf(builder.build([H], { kubecost: 60, other: 30, cadvisor: 60 }))
    expect(rows.allocations[0]).toMatchObject({ minutes: 60, cpuCoreHours: 1, ramGibHours: 2 })
    expect(rows.intervals).toEqual({ cadvisor: 60, kubecost: 60, other: 30 })
  })

  test('the same container scraped by two jobs is one container', () => {
    const builder = new BatchBuilder()
      .node({ name: 'n1' })
      .container(A)
      .container({ ...A, job: 'other', samples: 119 })
    const rows = rowsOf(builder.build([H], { kubecost: 60, other: 30, cadvisor: 60 }))
    expect(rows.allocations).toHaveLength(1)
    expect(rows.allocations[0]).toMatchObject({ minutes: 60, cpuCoreHours: 1 })
  })

  test('a pod that moved has a row per node, and its memory use is where it was used', () => {
    const builder = new BatchBuilder().node({ name: 'n1' }).node({ name: 'n2' })
    builder.container({ ...A, samples: 20, ramUse: 3 }).container({ ...A, node: 'n2', samples: 40 })
    const rows = rowsOf(builder.build())
    expect(rows.allocations.map(row => [row.node, row.minutes, row.ramGibUsedHours])).toEqual([
      ['n1', 20, 1],
      ['n2', 40, 40 / 60],
    ])
  })

  test('a request that lingers after the pod ended is charged for the running time only', () => {
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1' })
        .container({ ...A, samples: 6 })
        .build(),
    )
    expect(rows.allocations[0]?.cpuCoreRequestHours).toBeCloseTo(0.1, 12)
  })

  test('a NaN allocation falls back to the reservation; with no reservation it is a reject, not a zero', () => {
    const reserved = new BatchBuilder().node({ name: 'n1' }).container({ ...A, cpuUse: Number.NaN })
    expect(rowsOf(reserved.build()).allocations[0]?.cpuCoreHours).toBe(1)
    const bare = new BatchBuilder()
      .node({ name: 'n1' })
      .container({ name: 'x', node: 'n1', cpuUse: Number.NaN, ramUse: 1 })
    const rows = rowsOf(bare.build())
    expect(rows.allocations).toEqual([])
    expect(rows.rejects).toEqual([
      {
        reason: 'allocation_not_a_number',
        metric: 'container_cpu_allocation',
        count: 1,
        example: 'namespace=shop pod=pod-x container=x node=n1',
      },
    ])
  })

  test('memory without CPU allocation is a reject, and samples that the engine left out are a warning', () => {
    const builder = new BatchBuilder().node({ name: 'n1' }).container(A)
    builder.add(
      'ramAllocated',
      point({ job: 'kubecost', namespace: 'shop', pod: 'p', container: 'c', node: 'n1' }, 1),
    )
    const rows = rowsOf({ ...builder.build(), flagged: new Set(['node_cpu_hourly_cost']) })
    expect(rows.rejects).toContainEqual(
      expect.objectContaining({ reason: 'cpu_allocation_absent', count: 1 }),
    )
    expect(rows.warnings.map(({ code }) => code)).toEqual([
      'allocation_missing',
      'engine_warning',
      'labels_not_collected',
      'management_not_collected',
      'network_not_collected',
      'node_labels_not_collected',
      'owners_not_collected',
    ])
  })

  test('odd names pass through unchanged', () => {
    const name = '__proto__"\\\n\u2028🦊'
    const rows = rowsOf(
      new BatchBuilder()
        .node({ name: 'n1' })
        .container({ ...A, name, namespace: 'constructor' })
        .build(),
    )
    expect(rows.allocations[0]).toMatchObject({ container: name, namespace: 'constructor' })
  })
})

describe('controllers', () => {
  const owner = (pod: string, kind: string, name: string) =>
    point({ namespace: 'shop', pod, owner_kind: kind, owner_name: name }, 1)
  const controllerOf = (extra: (builder: BatchBuilder) => void) => {
    const builder = new BatchBuilder().node({ name: 'n1' }).container({ ...A, pod: 'p' })
    extra(builder)
    const row = rowsOf(builder.build()).allocations[0]
    return [row?.controllerKind, row?.controller]
  }

  test('ReplicaSet → Deployment, by owner, by the deployments known, by the hash in the name', () => {
    const replicaSet = (b: BatchBuilder, name: string) => b.add('podOwner', owner('p', 'ReplicaSet', name))
    const owns = (kind: string, name: string) =>
      point({ namespace: 'shop', replicaset: 'web-5d9c7b8f66', owner_kind: kind, owner_name: name }, 1)
    expect(
      controllerOf(b => replicaSet(b, 'web-5d9c7b8f66').add('replicaSetOwner', owns('Deployment', 'web'))),
    ).toEqual(['Deployment', 'web'])
    expect(
      controllerOf(b => replicaSet(b, 'web-5d9c7b8f66').add('replicaSetOwner', owns('Rollout', 'web'))),
    ).toEqual(['Rollout', 'web'])
    expect(
      controllerOf(b => replicaSet(b, 'web-5d9c7b8f66').add('replicaSetOwner', owns('<none>', '<none>'))),
    ).toEqual(['ReplicaSet', 'web-5d9c7b8f66'])
    expect(
      controllerOf(b =>
        replicaSet(b, 'etl-77f').add('deployments', point({ namespace: 'shop', deployment: 'etl' }, 1)),
      ),
    ).toEqual(['Deployment', 'etl'])
    expect(controllerOf(b => replicaSet(b, 'web-5d9c7b8f66'))).toEqual(['Deployment', 'web'])
    expect(controllerOf(b => replicaSet(b, 'web-front'))).toEqual(['ReplicaSet', 'web-front'])
  })

  test('Job → CronJob, by owner or by the scheduled time in the name', () => {
    const job = (b: BatchBuilder, name: string) => b.add('podOwner', owner('p', 'Job', name))
    const owns = (name: string, kind: string, by: string) =>
      point({ namespace: 'shop', job_name: name, owner_kind: kind, owner_name: by }, 1)
    expect(
      controllerOf(b =>
        job(b, 'nightly-29370000').add('jobOwner', owns('nightly-29370000', 'CronJob', 'nightly')),
      ),
    ).toEqual(['CronJob', 'nightly'])
    expect(controllerOf(b => job(b, 'once').add('jobOwner', owns('once', '<none>', '<none>')))).toEqual([
      'Job',
      'once',
    ])
    expect(controllerOf(b => job(b, 'nightly-29370000'))).toEqual(['CronJob', 'nightly'])
    expect(controllerOf(b => job(b, 'import-2'))).toEqual(['Job', 'import-2'])
  })

  test('bare pods have none, static pods belong to their Node', () => {
    expect(controllerOf(() => undefined)).toEqual([null, null])
    expect(controllerOf(b => b.add('podOwner', owner('p', '<none>', '<none>')))).toEqual([null, null])
    expect(controllerOf(b => b.add('podOwner', owner('p', 'Node', 'n1')))).toEqual(['Node', 'n1'])
  })
})

describe('invariants', () => {
  const quantity = fc.double({ min: 0, max: 64, noNaN: true })
  const containers = fc.array(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 8 }),
      node: fc.constantFrom('n1', 'n2', 'n3'),
      cpuUse: quantity,
      ramUse: quantity,
      cpuRequest: quantity,
      ramRequest: quantity,
      samples: fc.integer({ min: 1, max: 60 }),
      window: fc.constantFrom(H, NEXT),
    }),
    { minLength: 1, maxLength: 30 },
  )

  function batchOf(
    specs: readonly Parameters<BatchBuilder['container']>[0][],
    windows: readonly Window[],
  ): ClusterBatch {
    const builder = new BatchBuilder()
    for (const window of [H, NEXT]) {
      for (const name of ['n1', 'n2', 'n3']) builder.node({ name, window, cpuPrice: 0.0371, samples: 57 })
      builder.container({ ...A, name: 'always', window })
    }
    specs.forEach((spec, i) => {
      builder.container({ ...spec, pod: `p${i}` })
    })
    return builder.build(windows)
  }

  test('allocations and signed idle add up to the cost of the node, to the last digit', () => {
    fc.assert(
      fc.property(containers, specs => {
        for (const outcome of windowOutcomes(batchOf(specs, [H, NEXT]))) {
          if (outcome.kind !== 'rows') throw new Error(outcome.kind)
          const { allocations, nodes, idle } = outcome.rows
          for (const node of nodes) {
            const charged = allocations.filter(row => row.node === node.node)
            const left = idle.find(row => row.node === node.node)
            expect(sumMoney(charged.map(row => row.cpuCost)) + (left?.cpuCost ?? 0n)).toBe(node.cpuCost)
            expect(sumMoney(charged.map(row => row.ramCost)) + (left?.ramCost ?? 0n)).toBe(node.ramCost)
          }
        }
      }),
    )
  })

  test('neither the order of the series nor the batching of the windows changes a row', () => {
    fc.assert(
      fc.property(containers, fc.integer(), (specs, seed) => {
        const whole = windowOutcomes(batchOf(specs, [H, NEXT]))
        const one = batchOf(specs, [NEXT])
        const shuffled = new Map(
          [...one.facts]
            .reverse()
            .map(([fact, series]) => [
              fact,
              [...series].sort(
                (a, b) => (((a.values[0] ?? 0) * seed) % 7) - (((b.values[0] ?? 0) * seed) % 7),
              ),
            ]),
        )
        expect(windowOutcomes({ ...one, facts: shuffled })).toEqual(whole.slice(1))
      }),
    )
  })

  test('allocated is never less than requested, and an hour never longer than an hour', () => {
    fc.assert(
      fc.property(containers, specs => {
        for (const row of rowsOf(batchOf(specs, [H])).allocations) {
          expect(row.cpuCoreHours).toBeGreaterThanOrEqual(row.cpuCoreRequestHours ?? 0)
          expect(row.ramGibHours).toBeGreaterThanOrEqual(row.ramGibRequestHours ?? 0)
          expect(row.minutes).toBeLessThanOrEqual(60)
        }
      }),
    )
  })

  test('doubling every price doubles every cost', () => {
    fc.assert(
      fc.property(containers, specs => {
        const single = batchOf(specs, [H])
        const doubled = new Map(single.facts)
        for (const fact of ['nodeCpuPrice', 'nodeRamPrice'] as const) {
          doubled.set(
            fact,
            (single.facts.get(fact) ?? []).map(series => ({
              ...series,
              values: series.values.map(value => value * 2),
            })),
          )
        }
        const [before, after] = [rowsOf(single), rowsOf({ ...single, facts: doubled })]
        before.allocations.forEach((row, i) => {
          expect(Number(after.allocations[i]?.cpuCost ?? 0n)).toBeCloseTo(Number(row.cpuCost) * 2, -1)
        })
      }),
    )
  })
})
