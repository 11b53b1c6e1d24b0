import { type Money, perMonth, sumMoney } from '../domain/money.js'
import { type ClusterUsage, POINT_SECONDS, type UsageRow } from '../domain/usage.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { isChange, weightier } from './action.js'
import { type Advice, adviceOnCpu, adviceOnRam } from './advice.js'
import { type Trust, trustOf } from './confidence.js'
import { limitFor } from './limits.js'
import type { Knobs } from './profiles.js'
import { cpuQuantity, ramQuantity } from './quantity.js'
import { inOrder, type Reason } from './reasons.js'
import type { Recommendation } from './recommendation.js'
import { inMillicores } from './request.js'
import { severityOf, worst } from './severity.js'
import { kubectlCommand, type Resources, yamlPatch } from './snippet.js'

/** What one container of a workload should request. `usage` is all of the range, which is in Unix seconds. */
export function recommendContainer(
  usage: UsageRow & { readonly clusterId: string },
  cluster: ClusterUsage,
  range: { readonly from: number; readonly to: number },
  knobs: Knobs,
): Recommendation {
  const trust = trustOf(usage, cluster)
  const isTrusted = trust.confidence >= knobs.minConfidence
  const cpu = adviceOnCpu(usage, cluster, knobs, isTrusted)
  const ram = adviceOnRam(usage, cluster, knobs, isTrusted)
  const changes = changesOf(usage, cpu, ram)
  // Written out, as spreading objects takes most of the time for a thousand containers.
  return {
    clusterId: usage.clusterId,
    namespace: usage.namespace,
    controllerKind: usage.controllerKind,
    controller: usage.controller,
    container: usage.container,
    replicas: usage.hours > 0 ? usage.podSeconds / HOUR_SECONDS / usage.hours : 0,
    cpuRequest: cpu.request.amount,
    cpuLimit: inMillicores(usage.cpuLimit),
    cpuMean: cpu.figures?.mean ?? null,
    cpuP95: cpu.figures?.p95 ?? null,
    cpuP99: cpu.figures?.p99 ?? null,
    cpuMax: cpu.figures?.max ?? null,
    cpuRecommended: cpu.recommended,
    cpuAction: cpu.action,
    cpuSaving: cpu.saving,
    ramRequest: ram.request.amount,
    ramLimit: usage.ramLimit === null ? null : Math.round(usage.ramLimit),
    ramMean: ram.figures?.mean ?? null,
    ramP95: ram.figures?.p95 ?? null,
    ramP99: ram.figures?.p99 ?? null,
    ramMax: ram.figures?.max ?? null,
    ramRecommended: ram.recommended,
    ramAction: ram.action,
    ramSaving: ram.saving,
    savingMonth: total(cpu.saving, ram.saving),
    action: weightier(cpu.action, ram.action),
    reasons: inOrder([...cpu.reasons, ...ram.reasons, ...reasonsOfMeasuring(usage, cluster, trust)]),
    severity: worst(severityOfAdvice('cpu', cpu), severityOfAdvice('ram', ram)),
    confidence: trust.confidence,
    confidenceLevel: trust.level,
    spanHours: trust.spanHours,
    coverage: trust.coverage,
    samples: usage.cpuPoints,
    oom: usage.oomInferred ? true : usage.oom,
    hpa: drivenByHpa(usage),
    snippet: changes.snippet,
    kubectl: changes.kubectl,
    windowStart: range.from,
    windowEnd: range.to,
    costMonth: perMonth(usage.cpuCost + usage.ramCost, cluster.windows.length),
    cpuSource: cluster.cpuSource,
    stepSeconds: usage.stepSeconds,
    measuredHours: cluster.windows.length,
  }
}

/** Of both, as far as they are told. */
function total(cpu: Money | null, ram: Money | null): Money | null {
  return cpu === null && ram === null ? null : sumMoney([cpu ?? 0n, ram ?? 0n])
}

/** A value that is not to be followed is none to compare with. */
function severityOfAdvice(resource: 'cpu' | 'ram', { request, recommended, action }: Advice) {
  return severityOf(resource, request, action === 'suppressed' ? null : recommended)
}

const LOW_COVERAGE = 0.9

function reasonsOfMeasuring(usage: UsageRow, cluster: ClusterUsage, { coverage }: Trust): Reason[] {
  const reasons: Reason[] = []
  if (coverage < LOW_COVERAGE) reasons.push('low_coverage')
  if ((usage.stepSeconds ?? 0) > POINT_SECONDS) reasons.push('coarse_step')
  if (cluster.cpuSource === 'rule' && usage.cpuPoints > 0) reasons.push('cpu_from_rule')
  if (drivenByHpa(usage) === null) reasons.push('hpa_unknown')
  return reasons
}

/** Whether an autoscaler drives the workload by either resource; null: unknown. */
function drivenByHpa({ hpaCpu, hpaRam }: UsageRow): boolean | null {
  if (hpaCpu === true || hpaRam === true) return true
  return hpaCpu === null || hpaRam === null ? null : false
}

function changesOf(usage: UsageRow, cpu: Advice, ram: Advice): Pick<Recommendation, 'snippet' | 'kubectl'> {
  const cpuChange = changed(cpu, inMillicores(usage.cpuLimit), cpuQuantity)
  const ramChange = changed(ram, usage.ramLimit, ramQuantity)
  const resources: Resources = {
    requests: { ...named('cpu', cpuChange?.request), ...named('memory', ramChange?.request) },
    limits: { ...named('cpu', cpuChange?.limit), ...named('memory', ramChange?.limit) },
  }
  if (Object.keys(resources.requests).length === 0) return { snippet: null, kubectl: null }
  return { snippet: yamlPatch(usage, resources), kubectl: kubectlCommand(usage, resources) }
}

function changed({ action, recommended }: Advice, limit: number | null, written: (amount: number) => string) {
  if (!isChange(action) || recommended === null) return undefined
  const newLimit = limitFor(recommended, limit)
  return { request: written(recommended), limit: newLimit === null ? undefined : written(newLimit) }
}

function named(name: string, quantity: string | undefined): Record<string, string> {
  return quantity === undefined ? {} : { [name]: quantity }
}
