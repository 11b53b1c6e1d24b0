import { label } from '../domain/samples.js'
import { readingsOf, type UsageReadings } from './usage-readings.js'

/** Whether an autoscaler drives a workload by use of CPU or memory relative to its request; null: unknown. */
export interface Scaled {
  readonly hpaCpu: boolean | null
  readonly hpaRam: boolean | null
}

type Find = (namespace: string, kind: string, name: string) => Scaled

const UNKNOWN: Scaled = { hpaCpu: null, hpaRam: null }
const NOT_SCALED: Scaled = { hpaCpu: false, hpaRam: false }
/** How the two releases that name them otherwise spell a target relative to the request. */
const RELATIVE = 'utilization'

/**
 * Workload → what an autoscaler does with it. Without a word of which workloads autoscalers drive all is unknown; where
 * it is not told by what they decide, it is unknown of the workloads that have one.
 */
export function scalersOf(readings: UsageReadings): Find {
  const scalers = readingsOf(readings, 'scalers')
  if (scalers.length === 0) return () => UNKNOWN
  const targets = targetsByScaler(readings)
  const byWorkload = new Map<string, Scaled>()
  for (const { series } of scalers) {
    const workload = workloadKey(
      label(series, 'namespace'),
      label(series, 'scaletargetref_kind'),
      label(series, 'scaletargetref_name'),
    )
    const resources = targets?.get(
      `${label(series, 'namespace')}\0${label(series, 'horizontalpodautoscaler')}`,
    )
    const own =
      targets === undefined
        ? UNKNOWN
        : { hpaCpu: resources?.has('cpu') === true, hpaRam: resources?.has('memory') === true }
    byWorkload.set(workload, either(byWorkload.get(workload), own))
  }
  return (namespace, kind, name) => byWorkload.get(workloadKey(namespace, kind, name)) ?? NOT_SCALED
}

/** Resources by whose relative use each autoscaler decides; undefined where no target of any is told. */
function targetsByScaler(readings: UsageReadings): Map<string, Set<string>> | undefined {
  const told = readingsOf(readings, 'scalerTargets')
  if (told.length === 0) return undefined
  const targets = new Map<string, Set<string>>()
  for (const { series } of told) {
    if (label(series, 'metric_target_type').toLowerCase() !== RELATIVE) continue
    const name = label(series, 'horizontalpodautoscaler') || label(series, 'hpa')
    const key = `${label(series, 'namespace')}\0${name}`
    targets.set(key, (targets.get(key) ?? new Set()).add(label(series, 'metric_name')))
  }
  return targets
}

/** Several autoscalers of one workload are a mistake of its owner; any of them drives it. */
function either(known: Scaled | undefined, own: Scaled): Scaled {
  if (known === undefined) return own
  return {
    hpaCpu: known.hpaCpu === true || own.hpaCpu,
    hpaRam: known.hpaRam === true || own.hpaRam,
  }
}

function workloadKey(namespace: string, kind: string, name: string): string {
  return `${namespace}\0${kind.toLowerCase()}\0${name}`
}
