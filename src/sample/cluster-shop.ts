import { ALWAYS, awsId, clock, daily, daysAround, dearByDay, machine } from './machines.js'
import type { ClusterModel, LoadBalancer, Machine, Span, VolumeModel } from './model.js'
import { namespaceLabels } from './pod-extras.js'
import {
  GPU,
  LARGE,
  PROBE,
  previews,
  REUSED,
  RUNS,
  SPOT_TIMES,
  STEADY,
  spotNode,
  THUMBNAILS,
  WORKLOADS,
} from './shop-workloads.js'
import { claimedVolume } from './volumes.js'
import { deploymentsOf, movingPod, pendingPod, podsOf, runsOf, type Site } from './workloads.js'

/**
 * An AWS cluster with a bundled Kubecost that copies kube-state-metrics in its old form and has the recording rules.
 * Prices change on the hour and within it; a node name goes to another machine; spot machines come and go. Traffic is
 * classified, local disks are told, a claim is shared by pods that come and go, and a volume lives within one hour.
 */
export function shopCluster(seed: number, bounds: Span): ClusterModel {
  const clusterId = 'cluster-one'
  const site: Site = { seed, clusterId, bounds, machines: shopMachines(seed, bounds) }
  const days = daysAround(bounds)
  const workloads = [...WORKLOADS, ...previews(days)]
  const pods = [
    ...workloads.flatMap(spec => podsOf(site, spec)),
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
      limits: [],
      ends: ['now'],
      throttling: false,
      autoscalers: false,
      allocatable: 'old',
    },
    machines: site.machines,
    pods,
    pending: days.map(day =>
      pendingPod(site, THUMBNAILS, { from: day + clock(5, 40), to: day + clock(6, 5) }),
    ),
    deployments: deploymentsOf(workloads),
    autoscalers: [],
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
      strangers: [],
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
