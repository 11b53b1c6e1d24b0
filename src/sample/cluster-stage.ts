import { ALWAYS, awsId, clock, DAY, daily, daysAround, machine } from './machines.js'
import type { ClusterModel, LoadBalancer, Machine, Span, VolumeModel } from './model.js'
import { namespaceLabels } from './pod-extras.js'
import { A, B, BATCH, C, D, MOVER, REPORTS, RUNS, WORKLOADS, X } from './stage-workloads.js'
import { claimedVolume } from './volumes.js'
import {
  autoscalersOf,
  deploymentsOf,
  movingPod,
  pendingPod,
  podsOf,
  runsOf,
  type Site,
} from './workloads.js'

/**
 * An AWS cluster beside a kube-state-metrics of the new form, which tells all that advice on sizes needs. One node's price is NaN for part of an hour, another's
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
      limits: ['new'],
      ends: ['now', 'last'],
      throttling: true,
      autoscalers: true,
      allocatable: 'new',
    },
    machines: site.machines,
    pods,
    pending: days.map(day => pendingPod(site, BATCH, { from: day + clock(8, 10), to: day + clock(10, 35) })),
    deployments: deploymentsOf(WORKLOADS),
    autoscalers: autoscalersOf(WORKLOADS),
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
    machine(X, awsId(seed, X), 'm5.2xlarge', a),
    ...daily(days, clock(3, 33), DAY + clock(3, 25)).map(span => {
      const isOdd = Math.floor(span.from / DAY) % 2 === 1
      return machine(D, awsId(seed, D, span.from), isOdd ? 'm6i.xlarge' : 'm5.xlarge', { ...b, span })
    }),
  ]
}
