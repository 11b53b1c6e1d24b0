import { ALWAYS, clock, DAY, daysAround, machine } from './machines.js'
import type { ClusterModel, LoadBalancer, Machine, Sender, Span, VolumeModel } from './model.js'
import { namespaceLabels } from './pod-extras.js'
import { type CronJobSpec, container, containerWithoutRequests, type WorkloadSpec } from './specs.js'
import { claimedVolume, unclaimedVolume } from './volumes.js'
import { deploymentsOf, podsOf, runsOf, type Site } from './workloads.js'

const pool = (letter: string) => `gke-nord-pool-${letter}`
const [A, B, C, D] = [pool('a'), pool('b'), pool('c'), pool('d')]
const GPU = 'gke-nord-gpu-a'

/**
 * A GCP cluster of another account that has the same cluster id as the first one. Kubecost and a kube-state-metrics
 * tell the same facts twice; no recording rules; one node has no price at all; every other UTC day half an hour of
 * collection is missing; some names are what no one expects. Traffic is classified by agents of the old spelling; volumes
 * are larger than what is claimed of them, and one is claimed by nobody.
 */
export function northCluster(seed: number, bounds: Span): ClusterModel {
  const clusterId = 'cluster-one'
  const site: Site = { seed, clusterId, bounds, machines: northMachines() }
  const days = daysAround(bounds)
  const pods = [...WORKLOADS.flatMap(spec => podsOf(site, spec)), ...RUNS.flatMap(spec => runsOf(site, spec))]
  return {
    clusterId,
    provider: 'GCP',
    region: 'europe-north1',
    provisioner: 'GKE',
    managementHourlyCost: 0.1,
    collection: {
      kubecostCopies: true,
      kubeStateMetrics: true,
      recordingRules: false,
      cadvisorNodeLabel: false,
      allocationUid: true,
      oldRequestNames: false,
      limits: ['new', 'old'],
      ends: ['last'],
      throttling: false,
      autoscalers: false,
      allocatable: null,
    },
    machines: site.machines,
    pods,
    pending: [],
    deployments: deploymentsOf(WORKLOADS),
    autoscalers: [],
    loadBalancers: [
      balancer('site', 'web', '203.0.113.7', ['label_app', 'site']),
      balancer('rapports', 'data', '203.0.113.8', ['label_job', 'rapport-quotidien']),
    ],
    volumes: northVolumes(seed),
    namespaceLabels: namespaceLabels(
      pods.map(pod => pod.namespace),
      'nordlicht',
    ),
    network: {
      isOldSpelling: true,
      restarts: new Map([[C, days.map(day => day + clock(17, 41))]]),
      strangers: site.machines.filter(one => one.node === B).map(strangerOn),
    },
    egressPrices: { zone: 0.01, region: 0.02, internet: 0.12 },
    gaps: days
      .filter(day => (day / DAY) % 2 === 0)
      .map(day => ({ from: day + clock(4, 10), to: day + clock(4, 40) })),
  }
}

function balancer(
  service: string,
  namespace: string,
  address: string,
  selected: readonly [string, string],
): LoadBalancer {
  return {
    ...ALWAYS,
    namespace,
    service,
    addresses: [{ from: 0, address }],
    hourlyCost: 0.025,
    selector: new Map([selected]),
  }
}

function strangerOn(machine: Machine): Sender {
  return {
    ...ALWAYS,
    namespace: 'gke-managed-system',
    name: 'egress-gateway',
    machine,
    egress: [
      { egressClass: 'in_zone', bytesPerSecond: 40_000, service: '' },
      { egressClass: 'internet', bytesPerSecond: 22_000, service: '' },
    ],
  }
}

function northVolumes(seed: number): VolumeModel[] {
  const words = [seed, 'north'] as const
  const disk = { span: ALWAYS, storageClass: 'standard-rwo', gibMonthlyCost: 0.11 }
  const shared = { ...disk, storageClass: 'filestore', gibMonthlyCost: 0.22 }
  return [
    ...[0, 1, 2].map(i =>
      claimedVolume(words, 'data', `data-postgres-${i}`, { ...disk, gib: 50, capacityGib: 64 }),
    ),
    claimedVolume(words, 'web', 'assets', { ...shared, gib: 10 }),
    claimedVolume(words, 'data', 'rapports', { ...shared, gib: 35 }),
    unclaimedVolume('pv-archive-2019', { ...disk, gib: 250 }),
  ]
}

function northMachines(): Machine[] {
  const place = { zone: 'europe-north1-a', nodePool: 'nord-pool' }
  const id = (node: string) => `gce://nord-prod/europe-north1-a/${node}`
  return [
    machine(A, id(A), 'n2-standard-4', { ...place, hasUntypedTwin: true }),
    machine(B, id(B), 'n2-standard-4', place),
    machine(C, id(C), 'e2-standard-8', place),
    machine(D, id(D), 'n2-standard-4', { ...place, isPriced: false }),
    machine(GPU, id(GPU), 'n1-standard-8', { ...place, nodePool: 'nord-gpu' }),
  ]
}

const WORKLOADS: readonly WorkloadSpec[] = [
  {
    kind: 'Deployment',
    namespace: 'web',
    name: 'site',
    replicas: 8,
    nodes: [A, B, C, D],
    containers: [container('nginx', 0.2, 0.14, 128, 90), container('php', 0.3, 0.35, 384, 360)],
    claim: 'assets',
    egress: { in_zone: 150_000, cross_zone: 60_000, internet: 110_000 },
  },
  {
    kind: 'Deployment',
    namespace: 'données-équipe',
    name: 'büro',
    replicas: 2,
    nodes: [C, A],
    containers: [container('größe', 0.2, 0.1, 256, 170)],
    labels: { label_motto: 'C:\\temp\\"quoted"', label_place: 'Ærø, 東京' },
    egress: { cross_zone: 12_000, internet: 3000 },
  },
  {
    kind: 'Pod',
    namespace: 'données-équipe',
    name: 'bloc"note\\🚀',
    replicas: 1,
    nodes: [C],
    containers: [container('cell"1\\', 0.1, 0.2, 512, 480)],
  },
  {
    kind: 'StatefulSet',
    namespace: 'data',
    name: 'postgres',
    replicas: 3,
    nodes: [A, B, C],
    containers: [
      {
        ...container('postgres', 0.4, 0.25, 2048, 1600),
        limits: { cpu: 2, ramMib: 2048 },
        restartEvery: 9 * 3600 + 1300,
      },
      container('backup', 0.05, 0.01, 64, 30),
    ],
    claimTemplate: 'data',
    egress: { cross_zone: 45_000, cross_region: 80_000 },
  },
  {
    kind: 'Deployment',
    namespace: 'web',
    name: 'idler',
    replicas: 2,
    nodes: [B, D],
    containers: [container('idle', 0.75, 0.01, 1024, 60)],
  },
  {
    kind: 'Deployment',
    namespace: 'web',
    name: 'greedy',
    replicas: 2,
    nodes: [C, D],
    containers: [{ ...container('greedy', 0.1, 0.7, 128, 900), limits: { ramMib: 2048 } }],
  },
  {
    kind: 'Deployment',
    namespace: 'web',
    name: 'no-requests',
    replicas: 2,
    nodes: [A, D],
    containers: [containerWithoutRequests('free', 0.2, 300)],
  },
  {
    kind: 'Deployment',
    namespace: 'web',
    name: 'translate',
    replicas: 1,
    nodes: [GPU],
    containers: [
      { ...container('translate', 1.5, 1.1, 6144, 5200), gpus: 1 },
      container('cache', 0.1, 0.05, 256, 200),
    ],
    egress: { in_zone: 25_000 },
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'fluentbit-gke',
    replicas: 4,
    nodes: [A, B, C, D],
    containers: [container('fluentbit', 0.05, 0.03, 100, 80), container('fluentbit-gke', 0.02, 0.02, 64, 70)],
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'pdcsi-node',
    replicas: 4,
    nodes: [A, B, C, D],
    containers: [container('gce-pd-driver', 0.01, 0.003, 20, 18)],
  },
  {
    kind: 'Node',
    namespace: 'kube-system',
    name: 'kube-proxy',
    replicas: 4,
    nodes: [A, B, C, D],
    containers: [container('kube-proxy', 0.1, 0.004, 32, 24)],
  },
  {
    kind: 'Deployment',
    namespace: 'kube-system',
    name: 'kube-dns',
    replicas: 2,
    nodes: [A, C],
    containers: [container('kubedns', 0.1, 0.02, 70, 40), container('dnsmasq', 0.15, 0.01, 20, 12)],
  },
  {
    kind: 'Deployment',
    namespace: 'kubecost',
    name: 'kubecost-cost-analyzer',
    replicas: 1,
    nodes: [B],
    containers: [container('cost-model', 0.2, 0.11, 256, 310)],
  },
]

const RUNS: readonly CronJobSpec[] = [
  {
    kind: 'CronJob',
    namespace: 'data',
    name: 'rapport-quotidien',
    nodes: [A, C],
    every: 11 * 60,
    phase: 60,
    containers: [container('rapport', 0.3, 0.5, 256, 220)],
    claim: 'rapports',
    egress: { internet: 70_000 },
    remembered: 15 * 60,
  },
]
