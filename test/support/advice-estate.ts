import { assembleEstate, type Estate } from '../../src/sample/estate.js'
import { DAY, HOUR, machine } from '../../src/sample/machines.js'
import type { ClusterModel, ContainerModel, PodModel, Span } from '../../src/sample/model.js'
import {
  type CronJobSpec,
  container,
  containerWithoutRequests,
  type WorkloadSpec,
} from '../../src/sample/specs.js'
import { autoscalersOf, deploymentsOf, podsOf, runsOf, type Site } from '../../src/sample/workloads.js'

const ACCOUNT = '7c0d9a1e-4b52-4f0e-9d36-2a8f5e6b1c04'
export const SEEING = 'seeing'
export const BLIND = 'blind'
const [A, B, C, BIG] = ['node-a', 'node-b', 'node-c', 'node-big'] as const

/** What a container is to ask for instead: cores and bytes; what is not told stays. */
export interface NewRequests {
  readonly cpu?: number
  readonly ram?: number
}

/** Which container of which workload of which cluster. */
export const requestKey = (cluster: string, controller: string, container: string) =>
  [cluster, controller, container].join('\0')

export interface AdviceEstateOptions {
  readonly start: number
  readonly end: number
  /** When the youngest workload began. */
  readonly youngFrom: number
  /** When nothing of the blind cluster was collected. */
  readonly silence: Span
  readonly requests?: ReadonlyMap<string, NewRequests>
}

/**
 * One cluster that tells everything, with a workload for each piece of advice, and one that tells no more than Kubecost's
 * own chart and was silent for some time. Use swings by the day only, so that every day is as the other, and five minutes
 * differ from the slope of their counter by next to nothing.
 */
export function adviceEstate({ requests = new Map(), ...options }: AdviceEstateOptions): Estate {
  const clusters = [seeingCluster(options), blindCluster(options)].map(cluster => ({
    ...cluster,
    pods: cluster.pods.map(pod => asking(requests, cluster.clusterId, calmed(pod))),
  }))
  return assembleEstate({ ...options, intervalSeconds: 60 }, [
    {
      cloudAccountId: ACCOUNT,
      name: 'Advice',
      tenantId: ACCOUNT,
      currency: 'USD',
      kubernetesId: null,
      clusters,
    },
  ])
}

function seeingCluster({ start, end, youngFrom }: AdviceEstateOptions): ClusterModel {
  const site: Site = { seed: 3, clusterId: SEEING, bounds: { from: start, to: end }, machines: machines() }
  const workloads = workloadsOf(youngFrom)
  return {
    ...PLAIN,
    clusterId: SEEING,
    collection: {
      ...PLAIN.collection,
      limits: ['new'],
      ends: ['now', 'last'],
      throttling: true,
      autoscalers: true,
      allocatable: 'new',
    },
    machines: site.machines,
    pods: [...workloads.flatMap(spec => podsOf(site, spec)), ...runsOf(site, RUN)],
    deployments: deploymentsOf(workloads),
    autoscalers: autoscalersOf(workloads),
  }
}

function blindCluster({ start, end, silence }: AdviceEstateOptions): ClusterModel {
  const nodes = [machine(A, 'i-blind', 'm5.xlarge')]
  const site: Site = { seed: 4, clusterId: BLIND, bounds: { from: start, to: end }, machines: nodes }
  const workloads = [
    deployment('hog', 1, [A], { ...container('hog', 1, 0.12, 2048, 300), limits: { cpu: 2 } }),
    hoarderOn(A),
  ]
  return {
    ...PLAIN,
    clusterId: BLIND,
    collection: { ...PLAIN.collection, ends: ['now'] },
    machines: nodes,
    pods: workloads.flatMap(spec => podsOf(site, spec)),
    deployments: deploymentsOf(workloads),
    gaps: [silence],
  }
}

const PLAIN: ClusterModel = {
  clusterId: '',
  provider: 'AWS',
  region: 'eu-west-1',
  provisioner: 'EKS',
  managementHourlyCost: 0.1,
  collection: {
    kubecostCopies: true,
    kubeStateMetrics: false,
    recordingRules: false,
    cadvisorNodeLabel: false,
    allocationUid: false,
    oldRequestNames: false,
    limits: [],
    ends: [],
    throttling: false,
    autoscalers: false,
    allocatable: null,
  },
  machines: [],
  pods: [],
  pending: [],
  deployments: [],
  autoscalers: [],
  loadBalancers: [],
  volumes: [],
  namespaceLabels: new Map(),
  network: null,
  egressPrices: { zone: 0.01, region: 0.02, internet: 0.09 },
  gaps: [],
}

function machines() {
  return [
    machine(A, 'i-a', 'm5.2xlarge'),
    machine(B, 'i-b', 'c5.2xlarge'),
    machine(C, 'i-c', 'm5.2xlarge'),
    machine(BIG, 'i-big', 'm5.2xlarge'),
  ]
}

function calmed(pod: PodModel): PodModel {
  const daily = (one: ContainerModel['cpu']) => ({
    ...one,
    swings: one.swings.filter(swing => swing.periodSeconds === DAY),
  })
  const containers = pod.containers.map(one => ({ ...one, cpu: daily(one.cpu), ram: daily(one.ram) }))
  return { ...pod, containers }
}

function asking(requests: ReadonlyMap<string, NewRequests>, clusterId: string, pod: PodModel): PodModel {
  const workload = pod.owner?.ownedBy?.name ?? pod.owner?.name ?? ''
  const containers = pod.containers.map(one => {
    const { cpu = one.cpuRequest, ram = one.ramRequest } =
      requests.get(requestKey(clusterId, workload, one.name)) ?? {}
    return { ...one, cpuRequest: cpu, ramRequest: ram }
  })
  return { ...pod, containers }
}

function deployment(
  name: string,
  replicas: number,
  nodes: readonly string[],
  own: WorkloadSpec['containers'][number],
): WorkloadSpec {
  return { kind: 'Deployment', namespace: 'team', name, replicas, nodes, containers: [own] }
}

/** Killed now and then when its memory comes to its limit. */
function hoarderOn(node: string): WorkloadSpec {
  const own = {
    ...container('hoarder', 0.12, 0.08, 512, 460),
    limits: { ramMib: 512 },
    restartEvery: 31 * HOUR,
    endsBy: 'OOMKilled',
  } as const
  return { ...deployment('hoarder', 1, [node], own), kind: 'StatefulSet' }
}

function workloadsOf(youngFrom: number): WorkloadSpec[] {
  const young: Span = { from: youngFrom, to: Number.POSITIVE_INFINITY }
  return [
    deployment('hog', 2, [A, B], container('hog', 1, 0.12, 2048, 300)),
    deployment('greedy', 2, [A, C], container('greedy', 0.1, 0.4, 128, 500)),
    deployment('free', 1, [B], containerWithoutRequests('free', 0.2, 240)),
    deployment('abandoned', 1, [C], container('abandoned', 0.25, 0.0008, 256, 40)),
    hoarderOn(C),
    {
      ...deployment('scaled', 2, [A, B], { ...container('scaled', 0.6, 0.2, 1024, 300) }),
      autoscaler: { metric: 'cpu', targetType: 'utilization', value: 60 },
    },
    { ...deployment('skewed', 22, [A, B, C], container('skewed', 0.3, 0.02, 64, 40)), hot: 14 },
    deployment('held-back', 1, [B], {
      ...container('held-back', 0.5, 0.25, 256, 200),
      limits: { cpu: 0.5 },
      throttled: 0.4,
    }),
    deployment('giant', 1, [BIG], { ...container('giant', 6, 7.1, 8192, 6800), swing: 0.2 }),
    { ...deployment('young', 1, [A], container('young', 0.5, 0.1, 768, 200)), life: young },
  ]
}

const RUN: CronJobSpec = {
  kind: 'CronJob',
  namespace: 'team',
  name: 'short',
  nodes: [A, B],
  every: 40 * 60,
  phase: 5 * 60,
  containers: [container('short', 0.8, 0.2, 512, 150)],
  remembered: 0,
}
