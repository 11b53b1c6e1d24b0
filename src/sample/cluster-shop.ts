import { ALWAYS, awsId, clock, daily, daysAround, dearByDay, HOUR, machine } from './machines.js'
import type { ClusterModel, LoadBalancer, Machine, Span, VolumeModel } from './model.js'
import { namespaceLabels } from './pod-extras.js'
import { type CronJobSpec, container, containerWithoutRequests, type WorkloadSpec } from './specs.js'
import { claimedVolume } from './volumes.js'
import { deploymentsOf, movingPod, pendingPod, podsOf, runsOf, type Site } from './workloads.js'

const STEADY = 'ip-10-0-1-10.eu-west-1.compute.internal'
const LARGE = 'ip-10-0-1-11.eu-west-1.compute.internal'
const REUSED = 'ip-10-0-1-17.eu-west-1.compute.internal'
const GPU = 'ip-10-0-3-40.eu-west-1.compute.internal'
const SPOT_TIMES = [
  { from: clock(1, 17), to: clock(4, 42) },
  { from: clock(6, 5), to: clock(9, 30) },
  { from: clock(12), to: clock(20) },
] as const
const spotNode = (slot: number) => `ip-10-0-2-${20 + slot}.eu-west-1.compute.internal`

/**
 * An AWS cluster with a bundled Kubecost that copies kube-state-metrics in its old form and has the recording rules.
 * Prices change on the hour and within it; a node name goes to another machine; spot machines come and go. Traffic is
 * classified, local disks are told, a claim is shared by pods that come and go, and a volume lives within one hour.
 */
export function shopCluster(seed: number, bounds: Span): ClusterModel {
  const clusterId = 'cluster-one'
  const site: Site = { seed, clusterId, bounds, machines: shopMachines(seed, bounds) }
  const days = daysAround(bounds)
  const pods = [
    ...WORKLOADS.flatMap(spec => podsOf(site, spec)),
    ...RUNS.flatMap(spec => runsOf(site, spec)),
    ...movingPod(
      site,
      PROBE,
      daily(days, clock(15, 14), clock(15, 40)).map(span => ({ ...span, node: STEADY })),
    ),
  ]
  return {
    clusterId,
    provider: 'AWS',
    region: 'eu-west-1',
    provisioner: 'EKS',
    managementHourlyCost: 0.1,
    collection: {
      kubecostCopies: true,
      kubeStateMetrics: false,
      recordingRules: true,
      cadvisorNodeLabel: false,
      allocationUid: false,
      oldRequestNames: true,
    },
    machines: site.machines,
    pods,
    pending: days.map(day =>
      pendingPod(site, THUMBNAILS, { from: day + clock(5, 40), to: day + clock(6, 5) }),
    ),
    deployments: deploymentsOf(WORKLOADS),
    loadBalancers: [
      balancer('shop', 'front', 'a1b2c3'),
      balancer('media', 'thumbnails', 'd4e5f6'),
      balancer('lab', 'forgotten', '0a9b8c'),
    ],
    volumes: shopVolumes(seed, days),
    namespaceLabels: namespaceLabels(
      pods.map(pod => pod.namespace),
      'platform',
    ),
    network: {
      isOldSpelling: false,
      restarts: new Map([[LARGE, days.map(day => day + clock(13, 27))]]),
    },
    egressPrices: { zone: 0.01, region: 0.02, internet: 0.143 },
    gaps: [],
  }
}

/** A balancer before the pods of the application that has its name, if there is one. */
function balancer(namespace: string, service: string, host: string): LoadBalancer {
  return {
    ...ALWAYS,
    namespace,
    service,
    addresses: [{ from: 0, address: `${host}.elb.eu-west-1.amazonaws.com` }],
    hourlyCost: 0.025,
    selector: new Map([['label_app', service]]),
  }
}

function shopVolumes(seed: number, days: readonly number[]): VolumeModel[] {
  const words = [seed, 'shop'] as const
  const disk = { span: ALWAYS, storageClass: 'gp3', gibMonthlyCost: 0.08, isOnAws: true }
  const shared = { ...disk, storageClass: 'efs', gibMonthlyCost: 0.3 }
  return [
    claimedVolume(words, 'data', 'data-orders-db-0', { ...disk, gib: 100 }),
    claimedVolume(words, 'data', 'data-orders-db-1', { ...disk, gib: 100 }),
    claimedVolume(words, 'data', 'outbox', { ...shared, gib: 20 }),
    claimedVolume(words, 'media', 'renders', { ...shared, gib: 200 }),
    ...daily(days, clock(15, 12), clock(15, 47)).map(span =>
      claimedVolume(words, 'lab', 'scratch-probe-0', { ...disk, span, gib: 50 }),
    ),
  ]
}

function shopMachines(seed: number, bounds: Span): Machine[] {
  const days = daysAround(bounds)
  const a = { zone: 'eu-west-1a', nodePool: 'general', localDiskGib: 80 }
  const b = { ...a, zone: 'eu-west-1b' }
  const spot = { zone: 'eu-west-1c', nodePool: 'spot', localDiskGib: 40, isSpot: true }
  const machines = [
    machine(STEADY, awsId(seed, STEADY), 'm5.xlarge', {
      ...a,
      prices: dearByDay('m5.xlarge', days, clock(5), clock(17)),
    }),
    machine(LARGE, awsId(seed, LARGE), 'm5.2xlarge', {
      ...b,
      prices: dearByDay('m5.2xlarge', days, clock(7, 23), clock(19, 41)),
    }),
    machine(GPU, awsId(seed, GPU), 'g4dn.xlarge', {
      ...b,
      nodePool: 'gpu',
      prices: dearByDay('g4dn.xlarge', days, clock(10, 40), clock(22, 5)),
    }),
  ]
  for (const span of daily(days, 0, clock(8, 20))) {
    machines.push(machine(REUSED, awsId(seed, REUSED, span.from), 'm5.xlarge', { ...a, span }))
  }
  for (const span of daily(days, clock(10, 5), clock(23, 30))) {
    machines.push(machine(REUSED, awsId(seed, REUSED, span.from), 'r5.xlarge', { ...a, span }))
  }
  SPOT_TIMES.forEach(({ from, to }, slot) => {
    for (const span of daily(days, from, to)) {
      const id = awsId(seed, 'spot', span.from)
      machines.push(machine(spotNode(slot), id, 'c5.xlarge', { ...spot, span }))
    }
  })
  return machines
}

const THUMBNAILS: WorkloadSpec = {
  kind: 'Deployment',
  namespace: 'media',
  name: 'thumbnails',
  replicas: 6,
  nodes: SPOT_TIMES.flatMap((_, slot) => [spotNode(slot)]),
  containers: [container('resize', 1.2, 0.9, 1024, 700)],
  labels: { label_capacity: 'spot' },
  claim: 'renders',
  egress: { in_zone: 40_000, internet: 180_000 },
}

const PROBE = {
  namespace: 'lab',
  name: 'probe',
  containers: [container('probe', 0.1, 0.07, 128, 100)],
  claimTemplate: 'scratch',
}

const EVERYWHERE = [STEADY, LARGE, REUSED, ...SPOT_TIMES.map((_, slot) => spotNode(slot)), GPU]

const WORKLOADS: readonly WorkloadSpec[] = [
  THUMBNAILS,
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'front',
    replicas: 6,
    nodes: [STEADY, LARGE, LARGE],
    containers: [container('web', 0.25, 0.18, 256, 190), container('proxy', 0.05, 0.02, 96, 60)],
    labels: { label_note: 'says "hello" \\ 🙂' },
    egress: { in_zone: 200_000, cross_zone: 120_000, internet: 60_000 },
  },
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'checkout',
    replicas: 4,
    nodes: [LARGE, REUSED],
    containers: [container('checkout', 0.3, 0.22, 512, 430)],
    labelsLater: { at: clock(11, 20), labels: { label_team: 'growth' } },
    egress: { in_zone: 30_000, cross_zone: 50_000, internet: 9000 },
  },
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'search-index',
    replicas: 2,
    nodes: [LARGE],
    containers: [{ ...container('indexer', 0.2, 0.42, 512, 820), restartEvery: 5 * HOUR + 700 }],
  },
  {
    kind: 'Deployment',
    namespace: 'lab',
    name: 'hog',
    replicas: 1,
    nodes: [LARGE],
    containers: [container('sleeper', 2, 0.015, 6144, 120)],
  },
  {
    kind: 'Deployment',
    namespace: 'lab',
    name: 'free-rider',
    replicas: 2,
    nodes: [STEADY, REUSED],
    containers: [containerWithoutRequests('rider', 0.16, 240)],
  },
  {
    kind: 'StatefulSet',
    namespace: 'data',
    name: 'orders-db',
    replicas: 2,
    nodes: [STEADY, LARGE],
    containers: [container('postgres', 0.5, 0.3, 2048, 1700), container('exporter', 0.02, 0.01, 48, 30)],
    claimTemplate: 'data',
    egress: { cross_zone: 70_000, cross_region: 25_000 },
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'aws-node',
    replicas: EVERYWHERE.length,
    nodes: EVERYWHERE,
    containers: [container('aws-node', 0.025, 0.008, 64, 52)],
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'kube-proxy',
    replicas: EVERYWHERE.length,
    nodes: EVERYWHERE,
    containers: [container('kube-proxy', 0.1, 0.004, 32, 24)],
  },
  {
    kind: 'DaemonSet',
    namespace: 'monitoring',
    name: 'log-agent',
    replicas: EVERYWHERE.length,
    nodes: EVERYWHERE,
    containers: [container('agent', 0.05, 0.07, 128, 140)],
  },
  {
    kind: 'Deployment',
    namespace: 'kube-system',
    name: 'coredns',
    replicas: 2,
    nodes: [STEADY, LARGE],
    containers: [container('coredns', 0.1, 0.03, 70, 40)],
  },
  {
    kind: 'Deployment',
    namespace: 'data',
    name: 'mail-relay',
    replicas: 1,
    nodes: [LARGE],
    containers: [container('relay', 0.05, 0.02, 64, 50), container('queue', 0.05, 0.03, 96, 70)],
    claim: 'outbox',
    egress: { internet: 15_000 },
  },
  {
    kind: 'Deployment',
    namespace: 'kubecost',
    name: 'kubecost-cost-analyzer',
    replicas: 1,
    nodes: [LARGE],
    containers: [container('cost-model', 0.2, 0.11, 256, 310)],
  },
  {
    kind: 'Pod',
    namespace: 'lab',
    name: 'debug-shell',
    replicas: 1,
    nodes: [STEADY],
    containers: [container('shell', 0.01, 0.002, 32, 9)],
    // As long as annotations that someone made labels of.
    labels: { label_purpose: 'debugging '.repeat(300) },
  },
]

const RUNS: readonly CronJobSpec[] = [
  {
    kind: 'CronJob',
    namespace: 'data',
    name: 'invoice-mail',
    nodes: [STEADY, LARGE],
    every: 13 * 60,
    phase: 3 * 60,
    containers: [container('mail', 0.2, 0.35, 128, 90)],
    claim: 'outbox',
    egress: { in_zone: 20_000, internet: 40_000 },
    remembered: 0,
  },
  {
    kind: 'CronJob',
    namespace: 'media',
    name: 'tag-pictures',
    nodes: [GPU],
    every: 23 * 60,
    phase: 5 * 60,
    containers: [
      { ...container('model', 1, 1.3, 2048, 1900), gpus: 1 },
      container('feeder', 0.1, 0.05, 128, 70),
    ],
    remembered: 0,
  },
]
