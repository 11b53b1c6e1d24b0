import { toMoney } from '../../src/domain/money.js'
import { type ContainerFact, type NodeFact, publishFacts, type WindowFacts } from '../support/facts.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { FIRST, HOUR, MONDAY, openWorld, type World } from './world.js'

export const DAYS = 8
export const FROM = MONDAY
export const TO = FROM + DAYS * 24 * HOUR
export const FINDING_RANGE = { start_date: FROM, end_date: TO }
/** What a node costs a month: 20 cents an hour. */
export const NODE_MONTH = 0.2 * 730

/** When clusters two and three begin. */
export const LAST_DAY = TO - 24 * HOUR

/**
 * Cluster one: four nodes of a pool, of which two run next to nothing, with volumes, balancers and workloads of every
 * sort. Cluster two: five nodes of a type, each a quarter full. Cluster three tells nothing of requests, traffic, volumes
 * and selectors. Both are there on the last day only. Cluster four was given up long before the end.
 */
export async function openFindingWorld(): Promise<World> {
  const world = await openWorld(TO + HOUR)
  const { pool } = world.database
  await seedAccount(pool, FIRST)
  for (const [cluster, factsOf, from, to] of CLUSTERS) {
    const key = { account: FIRST, cluster }
    await seedCluster(pool, key, from, to - HOUR)
    for (let window = from; window < to; window += HOUR) {
      await publishFacts(pool, key, window, factsOf((window - FROM) / HOUR))
    }
  }
  const codes = ['pv_not_collected', 'load_balancer_not_shared', 'network_not_collected']
  await pool.query(`update warehouse.window_ledger set warnings = $1 where cluster_id = 'three'`, [
    JSON.stringify(codes.map(code => ({ code, detail: 'x' }))),
  ])
  return world
}

const cents = (amount: number) => toMoney(amount / 100)

function node(name: string, more: Partial<NodeFact> = {}): NodeFact {
  return { node: name, cpuCost: cents(12), ramCost: cents(8), gpuCost: 0n, ...more }
}

/** A pod of a Deployment that asks for its CPU and for half a GiB, and sends nothing beyond its zone. */
function pod(namespace: string, name: string, on: string, cores: number, more: Partial<ContainerFact> = {}) {
  return {
    ...{ namespace, pod: `${name}-0`, node: on, controllerKind: 'Deployment', controller: name },
    ...{
      cpuHours: cores,
      cpuRequest: cores,
      cpuUsed: cores / 2,
      ramHours: 0.5,
      ramRequest: 0.5,
      ramUsed: 0.2,
    },
    ...{
      cpuCost: toMoney(0.03 * cores),
      ramCost: toMoney(0.0025),
      gpuCost: 0n,
      pvCost: 0n,
      balancerCost: 0n,
    },
    ...{ zoneCost: 0n, regionCost: 0n, internetCost: 0n },
    ...more,
  }
}

const agents = (nodes: readonly string[]) =>
  nodes.map(on => pod('kube-system', 'agent', on, 0.2, { controllerKind: 'DaemonSet', pod: `agent-${on}` }))

const quiet = { cpuUsed: 0.001 }
const unasked = { cpuRequest: null, ramRequest: null }

function clusterOne(hour: number): WindowFacts {
  const day = Math.floor(hour / 24)
  const wasHeld = (until: number) => day < until
  const disk = (id: string, gib: number, held: number, claim?: string) => ({
    asset: {
      ...{ type: 'disk' as const, id, gib, cost: cents(gib / 10) },
      ...(claim === undefined ? {} : { claim, namespace: 'data' }),
    },
    rest: {
      ...{ kind: 'unmounted' as const, part: 'pv' as const, namespace: claim === undefined ? '' : 'data' },
      ...{ name: id, quantity: gib - held, cost: cents((gib - held) / 10) },
    },
  })
  const disks = [
    disk('pv-lost', 100, 0),
    disk('pv-claimed', 50, 0, 'old'),
    disk('pv-larger', 64, 50, 'postgres'),
    disk('pv-away', 20, wasHeld(1) ? 20 : 0, 'away'),
    disk('pv-freed', 30, wasHeld(5) ? 30 : 0, wasHeld(5) ? 'gone' : undefined),
    disk('n1:/dev/sda', 80, 0),
    ...(day < 6 ? [disk('pv-deleted', 10, 0)] : []),
  ]
  const balancer = (service: string) => ({
    ...{ type: 'load_balancer' as const, id: service, namespace: 'shop', cost: cents(2.5) },
  })
  const counter = (name: string, perSecond: number, direction = 'egress') => ({
    metric: `kubecost_pod_network_${direction}_bytes_total`,
    labels: { namespace: 'legacy', pod_name: `${name}-0`, same_zone: 'true' },
    increase: perSecond * 3600,
  })
  return {
    nodes: ['n1', 'n2', 'n3', 'n4'].map(name => node(name, { nodePool: 'general', instanceType: 'm5' })),
    containers: [
      ...agents(['n1', 'n2', 'n3', 'n4']),
      // Three cores in one hour, two in all others.
      pod('shop', 'web', 'n1', hour === 100 ? 3 : 2, { balancerCost: cents(2.5), zoneCost: cents(1) }),
      pod('shop', 'api', 'n2', 0.5),
      pod('legacy', 'old', 'n4', 0.2, quiet),
      pod('legacy', 'forgotten', 'n2', 0.4, quiet),
      pod('legacy', 'chatty', 'n2', 0.05, quiet),
      pod('legacy', 'deaf', 'n2', 0.05, { ...quiet, zoneCost: null, regionCost: null, internetCost: null }),
      pod('legacy', 'woken', 'n2', 0.05, day < 4 ? {} : quiet),
      pod('legacy', 'nightly', 'n2', 0.05, { ...quiet, controllerKind: 'CronJob' }),
      pod('kube-system', 'dns', 'n2', 0.05, quiet),
      pod('bare', 'free', 'n1', 0.1, unasked),
      pod('bare', 'free', 'n1', 0.1, { ...unasked, container: 'second' }),
    ],
    assets: [balancer('front'), balancer('forgotten'), ...disks.map(({ asset }) => asset)],
    remainders: [
      { kind: 'unmounted', part: 'load_balancer', namespace: 'shop', name: 'forgotten', cost: cents(2.5) },
      ...disks.map(({ rest }) => rest).filter(({ quantity }) => quantity > 0),
    ],
    metrics: [
      counter('old', 30),
      counter('old', 20, 'ingress'),
      counter('forgotten', 0),
      counter('chatty', 400),
      counter('chatty', 300, 'ingress'),
      counter('deaf', 0),
      counter('woken', 0),
    ],
  }
}

const FIVE = ['a', 'b', 'c', 'd', 'e']

function clusterTwo(hour: number): WindowFacts {
  return {
    nodes: [
      ...FIVE.map(name => node(name, { instanceType: 'c5' })),
      // Next to no CPU, and its GPU in use.
      node('gpu', { instanceType: 'g4', gpus: 1, gpuCost: cents(40) }),
      // Of a size that nobody knows.
      node('odd', { instanceType: 'x9', cpuCost: null }),
    ],
    containers: [
      ...FIVE.map(on => pod('shop', 'web', on, 1, { pod: `web-${on}` })),
      pod('shop', 'train', 'gpu', 0.1, {
        gpuHours: hour % 24 < 12 ? 1 : 0,
        gpuCost: hour % 24 < 12 ? cents(40) : 0n,
      }),
    ],
  }
}

function clusterThree(): WindowFacts {
  return {
    nodes: ['x', 'y'].map(name => node(name)),
    containers: ['x', 'y'].map(on => pod('dim', 'web', on, 2, { pod: `web-${on}`, ...unasked })),
    assets: [
      { type: 'disk', id: 'pv-dim', gib: 10, cost: cents(1) },
      { type: 'load_balancer', id: 'dim', namespace: 'dim', cost: cents(2.5) },
    ],
    remainders: [
      { kind: 'unmounted', part: 'pv', name: 'pv-dim', quantity: 10, cost: cents(1) },
      { kind: 'unmounted', part: 'load_balancer', namespace: 'dim', name: 'dim', cost: cents(2.5) },
    ],
  }
}

const CLUSTERS: readonly [string, (hour: number) => WindowFacts, number, number][] = [
  ['one', clusterOne, FROM, TO],
  ['two', clusterTwo, LAST_DAY, TO],
  ['three', clusterThree, LAST_DAY, TO],
  ['four', clusterTwo, FROM, FROM + 2 * HOUR],
]
