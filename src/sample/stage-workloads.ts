import { type CronJobSpec, container, type WorkloadSpec } from './specs.js'

export const [A, B, C, D, X] = ['worker-a', 'worker-b', 'worker-c', 'worker-d', 'worker-x'] as const

export const MOVER = {
  namespace: 'data',
  name: 'cache',
  containers: [container('redis', 0.3, 0.12, 1024, 640), container('sidecar', 0.05, 0.06, 64, 40)],
}

export const REPORTS = {
  namespace: 'data',
  name: 'reports',
  containers: [container('reports', 0.2, 0.15, 512, 460)],
  claimTemplate: 'data',
}

export const BATCH: WorkloadSpec = {
  kind: 'Deployment',
  namespace: 'batch',
  name: 'giant',
  replicas: 1,
  nodes: [],
  containers: [container('giant', 32, 1, 65536, 1024)],
}

export const WORKLOADS: readonly WorkloadSpec[] = [
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'front',
    replicas: 3,
    nodes: [A, B, C],
    containers: [
      { ...container('web', 0.25, 0.12, 256, 200), limits: { cpu: 0.5, ramMib: 512 } },
      container('proxy', 0.05, 0.02, 96, 60),
    ],
  },
  {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'catalogue',
    replicas: 4,
    nodes: [B, C, D, A],
    containers: [{ ...container('catalogue', 0.3, 0.33, 384, 350), limits: { ramMib: 420 } }],
    autoscaler: { metric: 'http_requests_per_second', targetType: 'average', value: 120 },
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
    kind: 'Deployment',
    namespace: 'shop',
    name: 'pricing',
    replicas: 3,
    nodes: [B, C, D],
    containers: [{ ...container('pricing', 0.5, 0.2, 512, 280), limits: { cpu: 1, ramMib: 512 } }],
    autoscaler: { metric: 'cpu', targetType: 'utilization', value: 60 },
  },
  {
    // One of many pods does most of the work: fewer than one point in twenty tells of it.
    kind: 'Deployment',
    namespace: 'shop',
    name: 'router',
    replicas: 22,
    nodes: [A, B, C, D],
    containers: [container('router', 0.25, 0.02, 64, 40)],
    hot: 12,
  },
  {
    kind: 'StatefulSet',
    namespace: 'batch',
    name: 'hoarder',
    replicas: 1,
    nodes: [C],
    containers: [
      {
        ...container('hoarder', 0.12, 0.1, 512, 488),
        limits: { ramMib: 512 },
        swing: 0.3,
        restartEvery: 11 * 3600 + 900,
        endsBy: 'OOMKilled',
      },
    ],
  },
  {
    kind: 'Deployment',
    namespace: 'batch',
    name: 'encode',
    replicas: 2,
    nodes: [B, D],
    containers: [
      { ...container('encode', 0.5, 0.25, 384, 300), limits: { cpu: 0.5, ramMib: 384 }, throttled: 0.4 },
    ],
  },
  {
    kind: 'StatefulSet',
    namespace: 'batch',
    name: 'simulate',
    replicas: 1,
    nodes: [X],
    containers: [{ ...container('simulate', 6, 7.1, 8192, 6800), swing: 0.15 }],
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

export const RUNS: readonly CronJobSpec[] = [
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
