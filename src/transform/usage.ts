import type { CpuPace, PublishedWindow, UsageBatch, UsageWindowRows } from '../domain/usage-samples.js'
import type { Window } from '../domain/window.js'
import { compare, Tally } from './tally.js'
import { type Bounds, type PodUsage, podsOf } from './usage-pods.js'
import { highestOf, readingsByWindow, readingsOf, type UsageReadings } from './usage-readings.js'
import { usageRow } from './usage-row.js'
import { scalersOf } from './usage-scalers.js'

/** Nobody sells a machine with more than that. */
const MOST_CORES = 512
const MOST_BYTES = 64 * 2 ** 40
/** Use is measured, so it may be a little above what a node has, but never this many times. */
const MOST_OF_A_NODE = 2

/** Rows of usage from what was read and the costs of the same windows: nothing of the costs is left out. */
export function usageWindows(batch: UsageBatch, published: readonly PublishedWindow[]): UsageWindowRows[] {
  const readings = readingsByWindow(batch)
  return published.map(costs =>
    usageWindow(costs, readings.get(costs.window) ?? new Map(), batch.pace.get(costs.window)),
  )
}

function usageWindow(
  costs: PublishedWindow,
  readings: UsageReadings,
  pace: CpuPace | undefined,
): UsageWindowRows {
  const tally = new Tally()
  const largestCpuCores = highestOf(readings, 'largestCpu') ?? costs.largestCpuCores
  const largestRamBytes = highestOf(readings, 'largestRam') ?? costs.largestRamBytes
  const pods = podsOf(costs.containers, readings, pace, boundsOf(largestCpuCores, largestRamBytes), tally)
  const isTold = (fact: Parameters<typeof readingsOf>[1]) => readingsOf(readings, fact).length > 0
  const knowsOom = isTold('reasonsTold')
  const facts = { window: costs.window, stepSeconds: pace?.stepSeconds ?? null, knowsOom }
  const scaled = scalersOf(readings)
  const rows = byWorkload(pods).map(group => {
    const [{ namespace, controllerKind, controller }] = group
    return usageRow(group, facts, scaled(namespace, controllerKind, controller))
  })
  return {
    window: costs.window as Window,
    revision: costs.revision,
    isHeard: costs.isHeard,
    rows,
    rejects: tally.rejects(),
    points: rows.reduce((sum, row) => sum + row.cpuPoints + row.ramWeight, 0),
    cpuSource: pace?.source ?? null,
    stepSeconds: facts.stepSeconds,
    knowsRequests: costs.containers.some(
      one => one.cpuCoreRequestHours !== null || one.ramGibRequestHours !== null,
    ),
    knowsLimits: isTold('cpuLimit') || isTold('ramLimit'),
    knowsOom,
    knowsThrottling: isTold('cpuPeriods'),
    knowsHpa: isTold('scalers'),
    largestCpuCores,
    largestRamBytes,
  }
}

function boundsOf(largestCpuCores: number | null, largestRamBytes: number | null): Bounds {
  return {
    cores: largestCpuCores === null ? MOST_CORES : MOST_OF_A_NODE * largestCpuCores,
    bytes: largestRamBytes === null ? MOST_BYTES : MOST_OF_A_NODE * largestRamBytes,
  }
}

type Group = [PodUsage, ...PodUsage[]]

/** The pods of each workload's containers, in order of their names. */
function byWorkload(pods: readonly PodUsage[]): Group[] {
  const groups = new Map<string, Group>()
  for (const pod of pods) {
    const key = [pod.namespace, pod.controllerKind, pod.controller, pod.container].join('\0')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [pod])
    else group.push(pod)
  }
  return [...groups].sort(([a], [b]) => compare(a, b)).map(([, group]) => group)
}
