import { ALWAYS, DAY } from './machines.js'
import type {
  AutoscalerModel,
  ContainerModel,
  Controller,
  DeploymentModel,
  Machine,
  PendingPod,
  PodModel,
  Span,
} from './model.js'
import { claimsOf, egressOf, labelsOf } from './pod-extras.js'
import { fraction, hash, suffix, uid, whole } from './seed.js'
import type { ContainerSpec, CronJobSpec, WorkloadSpec } from './specs.js'
import { wave } from './wave.js'

/** What pods are made for. */
export interface Site {
  readonly seed: number
  readonly clusterId: string
  readonly bounds: Span
  readonly machines: readonly Machine[]
}

const MIB = 2 ** 20
/** Every workload is rolled out anew once in so long, each at its own time. */
const GENERATION = 7 * DAY
const BOOT_SECONDS = 75
const SHORTEST_POD = 90

/** The pods of a workload: one per replica, generation and machine of that node name. */
export function podsOf(site: Site, spec: WorkloadSpec): PodModel[] {
  const pods: PodModel[] = []
  for (const generation of generations(site, spec)) {
    for (let replica = 0; replica < spec.replicas; replica++) {
      const node = spec.nodes[replica % spec.nodes.length]
      for (const machine of site.machines) {
        if (machine.node !== node) continue
        const booted = { from: machine.from + BOOT_SECONDS, to: machine.to }
        const span = intersect(intersect(generation, booted), spec.life ?? ALWAYS)
        if (!touches(span, site.bounds)) continue
        pods.push(podOf(site, spec, generation.index, replica, machine, span))
      }
    }
  }
  return pods
}

/** The record of a Deployment that Kubecost emits besides its pods. */
export function deploymentsOf(specs: readonly WorkloadSpec[]): DeploymentModel[] {
  return specs
    .filter(spec => spec.kind === 'Deployment')
    .map(spec => ({
      ...(spec.life ?? ALWAYS),
      namespace: spec.namespace,
      name: spec.name,
      labels: new Map([['label_app', spec.name]]),
    }))
}

/** The autoscalers of the workloads that have one. */
export function autoscalersOf(specs: readonly WorkloadSpec[]): AutoscalerModel[] {
  return specs.flatMap(spec => {
    if (spec.autoscaler === undefined) return []
    const target = { kind: spec.kind, name: spec.name }
    return [{ ...(spec.life ?? ALWAYS), ...spec.autoscaler, namespace: spec.namespace, target }]
  })
}

/** One pod per run, 3 to 12 minutes long, begun a few seconds after the minute. */
export function runsOf(site: Site, spec: CronJobSpec): PodModel[] {
  const pods: PodModel[] = []
  const first = Math.floor((site.bounds.from - 3600 - spec.phase) / spec.every)
  for (let run = first; run * spec.every + spec.phase < site.bounds.to; run++) {
    const due = run * spec.every + spec.phase
    const words = [site.seed, site.clusterId, spec.namespace, spec.name, run] as const
    const from = due + whole(1, 40, ...words, 'start')
    const to = from + whole(180, 720, ...words, 'length')
    const node = spec.nodes[hash(...words, 'node') % spec.nodes.length]
    const machine = site.machines.find(one => one.node === node && one.from <= from && to <= one.to)
    if (!machine) continue
    const job =
      spec.kind === 'CronJob' ? `${spec.name}-${Math.floor(due / 60)}` : `${spec.name}-${suffix(4, ...words)}`
    pods.push({
      from,
      to,
      namespace: spec.namespace,
      name: `${job}-${suffix(5, ...words)}`,
      uid: uid(...words),
      machine,
      owner: {
        kind: 'Job',
        name: job,
        ownedBy: spec.kind === 'CronJob' ? { kind: 'CronJob', name: spec.name } : null,
      },
      labels: [{ from, labels: new Map([['label_job', spec.name]]) }],
      containers: spec.containers.map(one => containerOf(one, words, { from, to })),
      claims: spec.claim === undefined ? [] : [spec.claim],
      egress: egressOf(spec, words),
      remembered: to + spec.remembered,
    })
  }
  return pods
}

/** A StatefulSet's only pod that changes between two nodes at two times of day, keeping its name. */
export function movingPod(
  site: Site,
  spec: Omit<WorkloadSpec, 'kind' | 'replicas' | 'nodes'>,
  stays: readonly (Span & { readonly node: string })[],
): PodModel[] {
  return stays.flatMap(stay => {
    const machine = site.machines.find(
      one => one.node === stay.node && one.from <= stay.from && stay.to <= one.to,
    )
    if (!machine || !touches(stay, site.bounds)) return []
    const words = [site.seed, site.clusterId, spec.namespace, spec.name, stay.from] as const
    return [
      {
        from: stay.from,
        to: stay.to,
        namespace: spec.namespace,
        name: `${spec.name}-0`,
        uid: uid(...words),
        machine,
        owner: { kind: 'StatefulSet', name: spec.name, ownedBy: null },
        labels: labelsOf(spec, intersect(stay, site.bounds)),
        containers: spec.containers.map(one => containerOf(one, words, stay)),
        claims: claimsOf(spec, 0),
        egress: egressOf(spec, words),
        remembered: stay.to,
      },
    ]
  })
}

/** A pod that finds no node for a while. */
export function pendingPod(site: Site, spec: WorkloadSpec, span: Span): PendingPod {
  const words = [site.seed, site.clusterId, spec.namespace, spec.name, 'pending', span.from] as const
  return {
    ...span,
    namespace: spec.namespace,
    name: `${spec.name}-${suffix(9, ...words)}-${suffix(5, ...words, 'pod')}`,
    uid: uid(...words),
    containers: spec.containers.map(one => containerOf(one, words, span)),
  }
}

function generations(site: Site, spec: WorkloadSpec): (Span & { index: number })[] {
  const shift = hash(site.seed, site.clusterId, spec.namespace, spec.name, 'rollout') % GENERATION
  const first = Math.floor((site.bounds.from - shift) / GENERATION)
  const spans: (Span & { index: number })[] = []
  for (let index = first; index * GENERATION + shift < site.bounds.to; index++) {
    const from = index * GENERATION + shift
    // A pod that keeps its name needs a moment between its two lives.
    spans.push({ index, from, to: from + GENERATION - 100 })
  }
  return spans
}

function podOf(
  site: Site,
  spec: WorkloadSpec,
  generation: number,
  replica: number,
  machine: Machine,
  span: Span,
): PodModel {
  const set = [site.seed, site.clusterId, spec.namespace, spec.name, generation] as const
  const words = [...set, replica, machine.providerId] as const
  const replicaSet = `${spec.name}-${suffix(9, ...set)}`
  return {
    from: span.from,
    to: span.to,
    namespace: spec.namespace,
    name: podName(spec, replicaSet, replica, machine, suffix(5, ...words)),
    uid: uid(...words),
    machine,
    owner: ownerOf(spec, replicaSet, machine),
    labels: labelsOf(spec, intersect(span, site.bounds)),
    containers: spec.containers.map(one => containerOf(heated(one, spec, replica), words, span)),
    claims: claimsOf(spec, replica),
    egress: egressOf(spec, words),
    remembered: span.to,
  }
}

function podName(
  spec: WorkloadSpec,
  replicaSet: string,
  replica: number,
  machine: Machine,
  tail: string,
): string {
  switch (spec.kind) {
    case 'Deployment':
    case 'Rollout':
      return `${replicaSet}-${tail}`
    case 'ReplicaSet':
    case 'DaemonSet':
      return `${spec.name}-${tail}`
    case 'StatefulSet':
      return `${spec.name}-${replica}`
    case 'Node':
      return `${spec.name}-${machine.node}`
    case 'Pod':
      return spec.name
  }
}

function ownerOf(spec: WorkloadSpec, replicaSet: string, machine: Machine): PodModel['owner'] {
  switch (spec.kind) {
    case 'Deployment':
    case 'Rollout':
      return { kind: 'ReplicaSet', name: replicaSet, ownedBy: { kind: spec.kind, name: spec.name } }
    case 'Node':
      return { kind: 'Node', name: machine.node, ownedBy: null }
    case 'Pod':
      return null
    default:
      return { kind: spec.kind, name: spec.name, ownedBy: null }
  }
}

/** Who a pod's cost is told under: its owner's controller, its owner, or nobody. */
export function controllerOf(pod: PodModel): Controller | null {
  return pod.owner === null ? null : (pod.owner.ownedBy ?? { kind: pod.owner.kind, name: pod.owner.name })
}

/** What the container uses in this replica. */
function heated(spec: ContainerSpec, { hot = 1 }: WorkloadSpec, replica: number): ContainerSpec {
  return replica > 0 ? spec : { ...spec, cpu: { ...spec.cpu, use: spec.cpu.use * hot } }
}

function containerOf(spec: ContainerSpec, words: readonly (string | number)[], span: Span): ContainerModel {
  const fast = 900 + whole(0, 3600, ...words, spec.name, 'fast')
  const slow = fraction(...words, spec.name, 'slow')
  const { limits = {}, swing = 1 } = spec
  return {
    name: spec.name,
    cpuRequest: spec.cpu.request,
    ramRequest: spec.ramMib.request === null ? null : spec.ramMib.request * MIB,
    gpus: spec.gpus ?? 0,
    cpu: wave(
      spec.cpu.use,
      { share: 0.35 * swing, periodSeconds: DAY, phase: 0.6 + slow * 0.1 },
      { share: 0.25 * swing, periodSeconds: fast, phase: slow },
    ),
    ram: wave(
      spec.ramMib.use * MIB,
      { share: 0.1 * swing, periodSeconds: DAY, phase: slow },
      { share: 0.05 * swing, periodSeconds: fast, phase: slow },
    ),
    cpuLimit: limits.cpu ?? null,
    ramLimit: limits.ramMib === undefined ? null : limits.ramMib * MIB,
    throttled: spec.throttled ?? 0,
    restarts: restartsOf(spec, words, span),
    endsBy: spec.endsBy ?? 'Error',
  }
}

function restartsOf(spec: ContainerSpec, words: readonly (string | number)[], span: Span): number[] {
  if (spec.restartEvery === undefined) return []
  const shift = hash(...words, spec.name, 'restart') % spec.restartEvery
  const restarts: number[] = []
  for (let t = span.from + 600 + shift; t < span.to - 600; t += spec.restartEvery) restarts.push(t)
  return restarts
}

function intersect(a: Span, b: Span): Span {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }
}

function touches(span: Span, bounds: Span): boolean {
  return span.to - span.from >= SHORTEST_POD && span.from < bounds.to && span.to > bounds.from
}
