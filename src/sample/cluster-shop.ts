import { awsId, clock, daily, daysAround, dearByDay, HOUR, machine } from './machines.js'
import type { ClusterModel, Machine, Span } from './model.js'
import { type CronJobSpec, container, containerWithoutRequests, type WorkloadSpec } from './specs.js'
import { deploymentsOf, pendingPod, podsOf, runsOf, type Site } from './workloads.js'

const STEADY = 'ip-10-0-1-10.eu-west-1.compute.internal'
const LARGE = 'ip-10-0-1-11.eu-west-1.compute.internal'
const REUSED = 'ip-10-0-1-17.eu-west-1.compute.internal'
const SPOT_TIMES = [
  { from: clock(1, 17), to: clock(4, 42) },
  { from: clock(6, 5), to: clock(9, 30) },
  { from: clock(12), to: clock(20) },
] as const
const spotNode = (slot: number) => `ip-10-0-2-${20 + slot}.eu-west-1.compute.internal`

/**
 * An AWS cluster with a bundled Kubecost that copies kube-state-metrics in its old form and has the recording rules.
 * Prices change on the hour and within it; a node name goes to another machine; spot machines come and go.
 */
export function shopCluster(seed: number, bounds: Span): ClusterModel {
  const clusterId = 'cluster-one'
  const site: Site = { seed, clusterId, bounds, machines: shopMachines(seed, bounds) }
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
    },
    machines: site.machines,
    pods: [...WORKLOADS.flatMap(spec => podsOf(site, spec)), ...RUNS.flatMap(spec => runsOf(site, spec))],
    pending: daysAround(bounds).map(day =>
      pendingPod(site, THUMBNAILS, { from: day + clock(5, 40), to: day + clock(6, 5) }),
    ),
    deployments: deploymentsOf(WORKLOADS),
    loadBalancers: [
      {
        namespace: 'shop',
        service: 'front',
        ingressIp: 'a1b2c3.elb.eu-west-1.amazonaws.com',
        hourlyCost: 0.025,
      },
    ],
    gaps: [],
  }
}

function shopMachines(seed: number, bounds: Span): Machine[] {
  const days = daysAround(bounds)
  const machines = [
    machine(STEADY, awsId(seed, STEADY), 'm5.xlarge', {
      prices: dearByDay('m5.xlarge', days, clock(5), clock(17)),
    }),
    machine(LARGE, awsId(seed, LARGE), 'm5.2xlarge', {
      prices: dearByDay('m5.2xlarge', days, clock(7, 23), clock(19, 41)),
    }),
  ]
  for (const span of daily(days, 0, clock(8, 20))) {
    machines.push(machine(REUSED, awsId(seed, REUSED, span.from), 'm5.xlarge', { span }))
  }
  for (const span of daily(days, clock(10, 5), clock(23, 30))) {
    machines.push(machine(REUSED, awsId(seed, REUSED, span.from), 'r5.xlarge', { span }))
  }
  SPOT_TIMES.forEach(({ from, to }, slot) => {
    for (const span of daily(days, from, to)) {
      const id = awsId(seed, 'spot', span.from)
      machines.push(machine(spotNode(slot), id, 'c5.xlarge', { span, isSpot: true }))
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
}

const EVERYWHERE = [STEADY, LARGE, REUSED, ...SPOT_TIMES.map((_, slot) => spotNode(slot))]

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
  },
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'checkout',
    replicas: 4,
    nodes: [LARGE, REUSED],
    containers: [container('checkout', 0.3, 0.22, 512, 430)],
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
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'aws-node',
    replicas: 6,
    nodes: EVERYWHERE,
    containers: [container('aws-node', 0.025, 0.008, 64, 52)],
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'kube-proxy',
    replicas: 6,
    nodes: EVERYWHERE,
    containers: [container('kube-proxy', 0.1, 0.004, 32, 24)],
  },
  {
    kind: 'DaemonSet',
    namespace: 'monitoring',
    name: 'log-agent',
    replicas: 6,
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
    remembered: 0,
  },
]
