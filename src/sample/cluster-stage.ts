import { ALWAYS, awsId, clock, DAY, daily, daysAround, machine } from './machines.js'
import type { ClusterModel, LoadBalancer, Machine, Span, VolumeModel } from './model.js'
import { namespaceLabels } from './pod-extras.js'
import { type CronJobSpec, container, type WorkloadSpec } from './specs.js'
import { claimedVolume } from './volumes.js'
import { deploymentsOf, movingPod, pendingPod, podsOf, runsOf, type Site } from './workloads.js'

const [A, B, C, D] = ['worker-a', 'worker-b', 'worker-c', 'worker-d'] as const

/**
 * An AWS cluster beside a kube-state-metrics of the new form. One node's price is NaN for part of an hour, another's
 * for whole hours; a node name passes to another machine within the hour; a pod moves keeping its name. Nothing
 * classifies traffic; a claim grows within an hour and is unmounted for part of the day; a balancer waits for its address.
 */
export function stageCluster(seed: number, bounds: Span): ClusterModel {
  const clusterId = 'cluster-two'
  const site: Site = { seed, clusterId, bounds, machines: stageMachines(seed, bounds) }
  const days = daysAround(bounds)
  const pods = [
    ...WORKLOADS.flatMap(spec => podsOf(site, spec)),
    ...RUNS.flatMap(spec => runsOf(site, spec)),
    ...movingPod(site, MOVER, [
      ...days.map(day => ({ from: day + clock(2, 24), to: day + clock(14, 20), node: B })),
      ...days.map(day => ({ from: day + clock(14, 23), to: day + DAY + clock(2, 21), node: A })),
    ]),
    ...movingPod(
      site,
      REPORTS,
      daily(days, clock(1, 2), clock(22, 40)).map(span => ({ ...span, node: C })),
    ),
  ]
  return {
    clusterId,
    provider: 'AWS',
    region: 'us-east-1',
    provisioner: 'EKS',
    managementHourlyCost: 0.1,
    collection: {
      kubecostCopies: false,
      kubeStateMetrics: true,
      recordingRules: true,
      cadvisorNodeLabel: true,
      allocationUid: false,
      oldRequestNames: false,
    },
    machines: site.machines,
    pods,
    pending: days.map(day => pendingPod(site, BATCH, { from: day + clock(8, 10), to: day + clock(10, 35) })),
    deployments: deploymentsOf(WORKLOADS),
    loadBalancers: [
      ...daily(days, clock(9, 20), clock(16, 45)).map(preview),
      { ...preview(ALWAYS), namespace: 'legacy', service: 'old-batch', selector: null },
    ],
    volumes: stageVolumes(seed, days),
    namespaceLabels: namespaceLabels(
      pods.map(pod => pod.namespace),
      'staging',
    ),
    network: null,
    egressPrices: { zone: 0.01, region: 0.02, internet: 0.09 },
    gaps: [],
  }
}

/** A balancer that gets its address some minutes after it was made. */
function preview(span: Span): LoadBalancer {
  return {
    ...span,
    namespace: 'shop',
    service: 'preview',
    addresses: [
      { from: span.from, address: '' },
      { from: span.from + 4 * 60, address: 'c0ffee.elb.us-east-1.amazonaws.com' },
    ],
    hourlyCost: 0.0225,
    selector: new Map([['label_app', 'catalogue']]),
  }
}

function stageVolumes(seed: number, days: readonly number[]): VolumeModel[] {
  const words = [seed, 'stage'] as const
  const disk = { span: ALWAYS, storageClass: 'gp2', gibMonthlyCost: 0.1, isOnAws: true }
  return [
    ...[0, 1, 2].map(i => claimedVolume(words, 'data', `data-queue-${i}`, { ...disk, gib: 30 })),
    ...days.map(day =>
      claimedVolume(words, 'data', 'data-reports-0', {
        ...disk,
        span: { from: day + clock(1), to: day + clock(23) },
        gib: 40,
        growth: { at: day + clock(10, 25), gib: 60 },
      }),
    ),
  ]
}

function stageMachines(seed: number, bounds: Span): Machine[] {
  const days = daysAround(bounds)
  const a = { zone: 'us-east-1a', nodePool: 'workers' }
  const b = { zone: 'us-east-1b', nodePool: 'workers' }
  return [
    machine(A, awsId(seed, A), 'c5.2xlarge', a),
    machine(B, awsId(seed, B), 'm5.xlarge', { ...b, unreadable: daily(days, clock(6, 12), clock(6, 37)) }),
    machine(C, awsId(seed, C), 'm5.xlarge', { ...a, unreadable: daily(days, clock(9), clock(12)) }),
    ...daily(days, clock(3, 33), DAY + clock(3, 25)).map(span => {
      const isOdd = Math.floor(span.from / DAY) % 2 === 1
      return machine(D, awsId(seed, D, span.from), isOdd ? 'm6i.xlarge' : 'm5.xlarge', { ...b, span })
    }),
  ]
}

const MOVER = {
  namespace: 'data',
  name: 'cache',
  containers: [container('redis', 0.3, 0.12, 1024, 640), container('sidecar', 0.05, 0.06, 64, 40)],
}

const REPORTS = {
  namespace: 'data',
  name: 'reports',
  containers: [container('reports', 0.2, 0.15, 512, 460)],
  claimTemplate: 'data',
}

const BATCH: WorkloadSpec = {
  kind: 'Deployment',
  namespace: 'batch',
  name: 'giant',
  replicas: 1,
  nodes: [],
  containers: [container('giant', 32, 1, 65536, 1024)],
}

const WORKLOADS: readonly WorkloadSpec[] = [
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'front',
    replicas: 3,
    nodes: [A, B, C],
    containers: [container('web', 0.25, 0.12, 256, 200), container('proxy', 0.05, 0.02, 96, 60)],
  },
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'catalogue',
    replicas: 4,
    nodes: [B, C, D, A],
    containers: [container('catalogue', 0.3, 0.33, 384, 350)],
  },
  {
    kind: 'Rollout',
    namespace: 'shop',
    name: 'recommendations',
    replicas: 3,
    nodes: [C, D, A],
    containers: [container('model', 0.4, 0.31, 1024, 1150)],
  },
  {
    kind: 'ReplicaSet',
    namespace: 'legacy',
    name: 'old-batch',
    replicas: 2,
    nodes: [A, D],
    containers: [container('worker', 0.2, 0.05, 256, 80)],
  },
  {
    kind: 'Deployment',
    namespace: 'batch',
    name: 'crunch',
    replicas: 2,
    nodes: [A],
    containers: [{ ...container('crunch', 1, 1.4, 2048, 2400), restartEvery: 7 * 3600 + 500 }],
  },
  {
    kind: 'StatefulSet',
    namespace: 'data',
    name: 'queue',
    replicas: 3,
    nodes: [B, C, D],
    containers: [container('queue', 0.15, 0.1, 512, 420)],
    claimTemplate: 'data',
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'aws-node',
    replicas: 4,
    nodes: [A, B, C, D],
    containers: [container('aws-node', 0.025, 0.008, 64, 52)],
  },
  {
    kind: 'DaemonSet',
    namespace: 'kube-system',
    name: 'kube-proxy',
    replicas: 4,
    nodes: [A, B, C, D],
    containers: [container('kube-proxy', 0.1, 0.004, 32, 24)],
  },
  {
    kind: 'DaemonSet',
    namespace: 'monitoring',
    name: 'log-agent',
    replicas: 4,
    nodes: [A, B, C, D],
    containers: [container('agent', 0.05, 0.07, 128, 140)],
  },
  {
    kind: 'Node',
    namespace: 'kube-system',
    name: 'node-guard',
    replicas: 2,
    nodes: [A, B],
    containers: [container('guard', 0.05, 0.03, 64, 45)],
  },
  {
    kind: 'Deployment',
    namespace: 'monitoring',
    name: 'kube-state-metrics',
    replicas: 1,
    nodes: [C],
    containers: [container('kube-state-metrics', 0.05, 0.02, 128, 90)],
  },
  {
    kind: 'Deployment',
    namespace: 'kubecost',
    name: 'kubecost-cost-analyzer',
    replicas: 1,
    nodes: [A],
    containers: [container('cost-model', 0.2, 0.11, 256, 310)],
  },
]

const RUNS: readonly CronJobSpec[] = [
  {
    kind: 'CronJob',
    namespace: 'batch',
    name: 'sync-stock',
    nodes: [B, C],
    every: 19 * 60,
    phase: 7 * 60,
    containers: [container('sync', 0.25, 0.3, 256, 180)],
    remembered: 20 * 60,
  },
  {
    kind: 'Job',
    namespace: 'batch',
    name: 'import',
    nodes: [C],
    every: 6 * 3600,
    phase: 91 * 60,
    containers: [container('import', 0.5, 0.8, 512, 600)],
    remembered: 90 * 60,
  },
]
