import { daysAround } from './machines.js'
import type { EgressClass, LabelStep, Span, Traffic } from './model.js'
import { fraction, hash } from './seed.js'
import type { WorkloadSpec } from './specs.js'

function baseLabels(spec: Pick<WorkloadSpec, 'name' | 'namespace'>): Record<string, string> {
  return { label_app: spec.name, label_team: spec.namespace }
}

/** The labels of a pod over the part of its life that anything is said of. */
export function labelsOf(
  spec: Pick<WorkloadSpec, 'name' | 'namespace' | 'labels' | 'labelsLater'>,
  life: Span,
): LabelStep[] {
  const early = new Map(Object.entries({ ...baseLabels(spec), ...spec.labels }))
  const { labelsLater } = spec
  if (labelsLater === undefined) return [{ from: life.from, labels: early }]
  const late = new Map([...early, ...Object.entries(labelsLater.labels)])
  return daysAround(life).flatMap(day => [
    { from: day, labels: early },
    { from: day + labelsLater.at, labels: late },
  ])
}

/** Names of the claims that a replica mounts. */
export function claimsOf(
  spec: Pick<WorkloadSpec, 'name' | 'claim' | 'claimTemplate'>,
  replica: number,
): string[] {
  const claims = spec.claim === undefined ? [] : [spec.claim]
  if (spec.claimTemplate !== undefined) claims.push(`${spec.claimTemplate}-${spec.name}-${replica}`)
  return claims
}

const SERVICE_OF: Readonly<Record<EgressClass, string>> = {
  in_zone: '',
  cross_zone: '',
  cross_region: 'object-storage',
  internet: '',
}

/** Every pod sends a little more or less than its workload's pods do on average. */
export function egressOf(spec: Pick<WorkloadSpec, 'egress'>, words: readonly (string | number)[]): Traffic[] {
  const classes: readonly EgressClass[] = ['in_zone', 'cross_zone', 'cross_region', 'internet']
  return classes.flatMap(egressClass => {
    const rate = spec.egress?.[egressClass]
    if (rate === undefined) return []
    const bytesPerSecond = Math.round(rate * (0.75 + 0.5 * fraction(...words, 'egress', egressClass)))
    return { egressClass, bytesPerSecond, service: SERVICE_OF[egressClass] }
  })
}

/** Labels of each of the namespaces: its name, the team that owns it and whom it is charged to. */
export function namespaceLabels(
  namespaces: Iterable<string>,
  team: string,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  return new Map(
    [...new Set(namespaces)].map(name => [
      name,
      new Map([
        ['label_kubernetes_io_metadata_name', name],
        ['label_team', team],
        ['label_cost_center', `cc-${10 + (hash(name) % 90)}`],
      ]),
    ]),
  )
}
