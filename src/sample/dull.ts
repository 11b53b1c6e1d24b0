import { assembleEstate, type Estate } from './estate.js'
import { awsId, HOUR, machine } from './machines.js'
import type { Span } from './model.js'
import { uid } from './seed.js'
import { container, type WorkloadSpec } from './specs.js'
import { deploymentsOf, podsOf, type Site } from './workloads.js'

export interface DullOptions {
  /** Unix seconds of a whole hour. */
  readonly start: number
  readonly hours: number
  readonly nodes: number
  readonly pods: number
  /** Between 1 and 2 on average: 1.5 gives every other pod a second container. */
  readonly containersPerPod: number
  readonly seed?: number
  readonly intervalSeconds?: number
  readonly offsetSeconds?: number
}

const PODS_PER_DEPLOYMENT = 10
const NAMESPACES = 30

/** One account with one large cluster in which nothing remarkable happens, to measure with. */
export function dullEstate(options: DullOptions): Estate {
  const { start, hours, seed = 1 } = options
  const end = start + hours * HOUR
  const id = uid(seed, 'dull')
  const clusterId = 'dull'
  const nodes = Array.from({ length: options.nodes }, (_, i) => `node-${String(i).padStart(3, '0')}`)
  const site: Site = {
    seed,
    clusterId,
    bounds: { from: start, to: end } satisfies Span,
    machines: nodes.map(node => machine(node, awsId(seed, node), 'm5.2xlarge')),
  }
  const specs = dullWorkloads(options, nodes)
  const cluster = {
    clusterId,
    provider: 'AWS',
    region: 'eu-central-1',
    provisioner: 'EKS',
    managementHourlyCost: 0.1,
    collection: {
      kubecostCopies: true,
      kubeStateMetrics: false,
      recordingRules: true,
      cadvisorNodeLabel: false,
      allocationUid: false,
      oldRequestNames: false,
      limits: [],
      ends: [],
      throttling: false,
      autoscalers: false,
      allocatable: null,
    },
    machines: site.machines,
    pods: specs.flatMap(spec => podsOf(site, spec)),
    pending: [],
    deployments: deploymentsOf(specs),
    autoscalers: [],
    loadBalancers: [],
    volumes: [],
    namespaceLabels: new Map(),
    network: null,
    egressPrices: { zone: 0.01, region: 0.02, internet: 0.09 },
    gaps: [],
  }
  return assembleEstate({ ...options, end }, [
    {
      cloudAccountId: id,
      name: 'Dull',
      tenantId: id,
      currency: 'USD',
      kubernetesId: null,
      clusters: [cluster],
    },
  ])
}

function dullWorkloads(options: DullOptions, nodes: readonly string[]): WorkloadSpec[] {
  const specs: WorkloadSpec[] = []
  let containers = 0
  for (let pods = 0, i = 0; pods < options.pods; i++) {
    const replicas = Math.min(PODS_PER_DEPLOYMENT, options.pods - pods)
    pods += replicas
    const hasTwo = containers + 2 * replicas <= Math.ceil(pods * options.containersPerPod)
    containers += hasTwo ? 2 * replicas : replicas
    const own = container('app', 0.1, 0.08, 256, 220)
    specs.push({
      kind: 'Deployment',
      namespace: `team-${String(i % NAMESPACES).padStart(2, '0')}`,
      name: `service-${String(i).padStart(4, '0')}`,
      replicas,
      nodes: Array.from(
        { length: replicas },
        (_, k) => nodes[(i * PODS_PER_DEPLOYMENT + k) % nodes.length] ?? 'node-000',
      ),
      containers: hasTwo ? [own, container('proxy', 0.05, 0.02, 64, 40)] : [own],
    })
  }
  return specs
}
