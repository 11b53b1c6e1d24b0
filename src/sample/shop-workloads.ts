import { clock, DAY, HOUR } from './machines.js'
import { type CronJobSpec, container, containerWithoutRequests, type WorkloadSpec } from './specs.js'

export const STEADY = 'ip-10-0-1-10.eu-west-1.compute.internal'
export const LARGE = 'ip-10-0-1-11.eu-west-1.compute.internal'
export const REUSED = 'ip-10-0-1-17.eu-west-1.compute.internal'
export const GPU = 'ip-10-0-3-40.eu-west-1.compute.internal'
export const SPOT_TIMES = [
  { from: clock(1, 17), to: clock(4, 42) },
  { from: clock(6, 5), to: clock(9, 30) },
  { from: clock(12), to: clock(20) },
] as const
export const spotNode = (slot: number) => `ip-10-0-2-${20 + slot}.eu-west-1.compute.internal`

export const THUMBNAILS: WorkloadSpec = {
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

/** A pod that is there for part of an hour each day, with a volume of its own. */
export const PROBE = {
  namespace: 'lab',
  name: 'probe',
  containers: [container('probe', 0.1, 0.07, 128, 100)],
  claimTemplate: 'scratch',
}

/** Every fourth day since the epoch a preview of a release begins, and it stays for six days. */
export function previews(days: readonly number[]): WorkloadSpec[] {
  const [first = 0] = days
  const last = days[days.length - 1] ?? first
  const specs: WorkloadSpec[] = []
  for (let round = Math.floor(first / PREVIEW_EVERY) - 1; round * PREVIEW_EVERY <= last; round++) {
    const from = round * PREVIEW_EVERY + clock(9, 30)
    specs.push({
      kind: 'Deployment',
      namespace: 'lab',
      name: `preview-${round}`,
      replicas: 1,
      nodes: [LARGE],
      containers: [container('preview', 0.5, 0.11, 768, 260)],
      egress: { internet: 4000 },
      life: { from, to: from + 6 * DAY },
    })
  }
  return specs
}

const PREVIEW_EVERY = 4 * DAY
const EVERYWHERE = [STEADY, LARGE, REUSED, ...SPOT_TIMES.map((_, slot) => spotNode(slot)), GPU]

export const WORKLOADS: readonly WorkloadSpec[] = [
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
    containers: [
      {
        ...container('indexer', 0.2, 0.42, 512, 820),
        limits: { ramMib: 950 },
        restartEvery: 5 * HOUR + 700,
        endsBy: 'OOMKilled',
      },
    ],
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
    // Nobody asks it for anything, and it does nothing.
    kind: 'Deployment',
    namespace: 'lab',
    name: 'last-years-demo',
    replicas: 2,
    nodes: [LARGE],
    containers: [container('demo', 0.2, 0.0008, 256, 45)],
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

export const RUNS: readonly CronJobSpec[] = [
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
