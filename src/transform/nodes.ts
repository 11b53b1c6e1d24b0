import { HIGHEST_PRICE, toMoney } from '../domain/money.js'
import type { NodeRow } from '../domain/rows.js'
import { type FactName, label } from '../domain/samples.js'
import { GIB } from '../domain/units.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { isFuller, type Seen } from './fuller.js'
import { type Hour, type Reading, readingsOf } from './hour.js'
import { type Place, placesOf } from './places.js'
import { type NodePrice, nodePrice, type PriceEvidence } from './prices.js'
import type { Tally } from './tally.js'

/** No machine is larger: the number is broken. */
const MOST = { cpuCores: 4096, ramBytes: 64 * 2 ** 40, gpus: 256 } as const

/** Names of the metrics for a person who reads the rejects. */
const METRICS = {
  nodeCpuPrice: 'node_cpu_hourly_cost',
  nodeRamPrice: 'node_ram_hourly_cost',
  nodeGpuPrice: 'node_gpu_hourly_cost',
  nodeTotalPrice: 'node_total_hourly_cost',
  nodeCpuCapacity: 'kube_node_status_capacity (cpu)',
  nodeRamCapacity: 'kube_node_status_capacity (memory)',
} as const

/** One machine under one node name, as far as the readings of the window tell. */
interface Machine {
  readonly node: string
  readonly providerId: string
  instanceType: string | null
  region: string | null
  seen: Seen
  readonly prices: Map<FactName, number>
  spotRatio: number | null
}

/**
 * Node-hours of one window: every machine that was there, how long, at which price. A machine is told from another
 * of the same name by its provider id.
 */
export function nodeRows(hour: Hour, tally: Tally): NodeRow[] {
  const machines = findMachines(hour, tally)
  const capacities = capacitiesOf(hour, tally)
  const places = placesOf(hour)
  const known = [...machines.values()].map(machine => ({
    machine,
    evidence: evidenceOf(machine, capacities(machine)),
  }))
  const peers = known.map(({ evidence }) => evidence)
  return known.map(({ machine, evidence }) => {
    const price = nodePrice(evidence, peers, hour.currency)
    report(machine, evidence, price, tally)
    return nodeRow(machine, evidence, price, places.get(machine.node))
  })
}

function report(machine: Machine, evidence: PriceEvidence, price: NodePrice, tally: Tally): void {
  const { node } = machine
  if (price.quarantined !== undefined) {
    const series = { labels: new Map([['node', node]]) }
    tally.reject('absurd_price', 'node_cpu_hourly_cost or node_ram_hourly_cost', series)
    tally.warn('price_quarantined', `node ${node}: a price of ${price.quarantined}; ${price.source} is used`)
  }
  if (price.source !== 'measured') tally.warn('price_estimated', `node ${node}: price source ${price.source}`)
  if (evidence.cpuCores === null || evidence.ramGib === null)
    tally.warn('capacity_unknown', `node ${node}: capacity not reported, its cost is unknown`)
}

function nodeRow(
  machine: Machine,
  { cpuCores, ramGib, gpus }: PriceEvidence,
  price: NodePrice,
  place: Place | undefined,
): NodeRow {
  return {
    node: machine.node,
    providerId: machine.providerId,
    instanceType: machine.instanceType,
    region: machine.region,
    minutes: hoursOf(machine) * 60,
    cpuCores,
    ramGib,
    gpus,
    cpuPrice: price.cpu,
    ramPrice: price.ram,
    gpuPrice: price.gpu,
    cpuPriceRange: { min: price.cpu, max: price.cpu },
    ramPriceRange: { min: price.ram, max: price.ram },
    priceSource: price.source,
    spotRatio: machine.spotRatio,
    zone: place?.zone ?? null,
    nodePool: place?.nodePool ?? null,
    cpuCost: cpuCores === null ? null : toMoney(price.cpu * cpuCores * hoursOf(machine)),
    ramCost: ramGib === null ? null : toMoney(price.ram * ramGib * hoursOf(machine)),
    gpuCost: gpus === null ? null : toMoney((price.gpu ?? 0) * gpus * hoursOf(machine)),
  }
}

interface Capacity {
  readonly cpuCores: number | null
  readonly ramGib: number | null
  readonly gpus: number | null
}

/** Capacities by node name; GPUs by machine where the exporter tells, 0 where no container has any on the node. */
function capacitiesOf(hour: Hour, tally: Tally): (machine: Machine) => Capacity {
  const cpu = byNode(hour, 'nodeCpuCapacity', MOST.cpuCores, tally)
  const ram = byNode(hour, 'nodeRamCapacity', MOST.ramBytes, tally)
  const gpus = new Map<string, number>()
  for (const reading of readingsOf(hour, 'nodeGpuCount')) {
    if (reading.value >= 0 && reading.value <= MOST.gpus) gpus.set(machineKey(reading), reading.value)
    else tally.reject('impossible_capacity', 'node_gpu_count', reading.series)
  }
  const charged = new Set(
    [...readingsOf(hour, 'gpuAllocated'), ...readingsOf(hour, 'gpuRequested')].map(({ series }) =>
      label(series, 'node'),
    ),
  )
  return ({ node, providerId }) => {
    const ramBytes = ram.get(node)
    const told = gpus.get(`${node}\0${providerId}`) ?? gpus.get(`${node}\0`)
    return {
      cpuCores: cpu.get(node) ?? null,
      ramGib: ramBytes === undefined ? null : ramBytes / GIB,
      gpus: told ?? (charged.has(node) ? null : 0),
    }
  }
}

function evidenceOf(machine: Machine, capacity: Capacity): PriceEvidence {
  const price = (fact: FactName) => machine.prices.get(fact)
  return {
    instanceType: machine.instanceType,
    region: machine.region,
    isSpot: (machine.spotRatio ?? 0) > 0,
    ...capacity,
    measured: { cpu: price('nodeCpuPrice'), ram: price('nodeRamPrice') },
    repaired: { cpu: price('nodeCpuPriceRepaired'), ram: price('nodeRamPriceRepaired') },
    carried: { cpu: price('nodeCpuPriceCarried'), ram: price('nodeRamPriceCarried') },
    usual: { cpu: price('nodeCpuPriceUsual'), ram: price('nodeRamPriceUsual') },
    gpu: price('nodeGpuPrice'),
    total: price('nodeTotalPrice'),
  }
}

function findMachines(hour: Hour, tally: Tally): Map<string, Machine> {
  const machines = new Map<string, Machine>()
  for (const reading of readingsOf(hour, 'nodeSamples')) {
    const machine = machineOf(machines, reading)
    see(hour, machine, reading)
  }
  for (const fact of ['nodeCpuPrice', 'nodeRamPrice', 'nodeGpuPrice', 'nodeTotalPrice'] as const) {
    for (const reading of readingsOf(hour, fact))
      keepPrice(machineOf(machines, reading), fact, reading, tally)
  }
  addPricelessMachines(hour, machines)
  for (const reading of readingsOf(hour, 'nodeSpot')) {
    const machine = machines.get(machineKey(reading))
    const isRatio = reading.value >= 0 && reading.value <= 1
    if (!isRatio) tally.reject('impossible_ratio', 'kubecost_node_is_spot', reading.series)
    else if (machine) machine.spotRatio = reading.value
    if (machine && machine.instanceType === null) describeMachine(machine, reading)
  }
  dropTwins(machines, tally)
  for (const fact of [
    'nodeCpuPriceRepaired',
    'nodeRamPriceRepaired',
    'nodeCpuPriceCarried',
    'nodeRamPriceCarried',
    'nodeCpuPriceUsual',
    'nodeRamPriceUsual',
  ] as const) {
    for (const reading of readingsOf(hour, fact))
      machines.get(machineKey(reading))?.prices.set(fact, reading.value)
  }
  return machines
}

function machineKey({ series }: Reading): string {
  return `${label(series, 'node')}\0${label(series, 'provider_id')}`
}

function machineOf(machines: Map<string, Machine>, reading: Reading): Machine {
  const key = machineKey(reading)
  let machine = machines.get(key)
  if (!machine) {
    const { series } = reading
    machine = emptyMachine(label(series, 'node'), label(series, 'provider_id'))
    machines.set(key, machine)
  }
  describeMachine(machine, reading)
  return machine
}

function emptyMachine(node: string, providerId: string): Machine {
  return {
    node,
    providerId,
    instanceType: null,
    region: null,
    seen: { samples: 0, seconds: 0 },
    prices: new Map(),
    spotRatio: null,
  }
}

function describeMachine(machine: Machine, { series }: Reading): void {
  machine.instanceType ??= label(series, 'instance_type') || null
  machine.region ??= label(series, 'region') || null
}

/** Of two series for one machine (an exporter's twin without instance type) the one with the type is right. */
function keepPrice(machine: Machine, fact: keyof typeof METRICS, reading: Reading, tally: Tally): void {
  if (reading.value < 0) {
    tally.reject('negative_price', METRICS[fact], reading.series)
    return
  }
  if (Number.isNaN(reading.value)) tally.reject('not_a_number', METRICS[fact], reading.series)
  else if (reading.value >= HIGHEST_PRICE) tally.reject('impossible_price', METRICS[fact], reading.series)
  const isTwin = label(reading.series, 'instance_type') === ''
  if (!machine.prices.has(fact) || !isTwin) machine.prices.set(fact, reading.value)
}

/** A machine that reports its capacity but has no price series is there all the same, and is paid for. */
function addPricelessMachines(hour: Hour, machines: Map<string, Machine>): void {
  const named = new Set([...machines.values()].map(machine => machine.node))
  for (const reading of readingsOf(hour, 'nodeCapacitySamples')) {
    const node = label(reading.series, 'node')
    if (node === '' || named.has(node)) continue
    const spot = readingsOf(hour, 'nodeSpot').find(({ series }) => label(series, 'node') === node)
    const providerId = spot ? label(spot.series, 'provider_id') : ''
    const key = `${node}\0${providerId}`
    const machine = machines.get(key) ?? emptyMachine(node, providerId)
    see(hour, machine, reading)
    machines.set(key, machine)
  }
}

/** A series without provider id beside one with it, both for (nearly) the same time, is the same machine seen twice. */
function dropTwins(machines: Map<string, Machine>, tally: Tally): void {
  for (const [key, machine] of machines) {
    if (machine.providerId !== '') continue
    const others = [...machines.values()].filter(
      other => other.node === machine.node && other.providerId !== '',
    )
    const hours = others.reduce((sum, other) => sum + hoursOf(other), 0)
    if (others.length === 0 || hours + hoursOf(machine) <= 1.05) continue
    machines.delete(key)
    tally.reject('duplicate_node_series', 'node_total_hourly_cost', {
      labels: new Map([['node', machine.node]]),
    })
  }
}

function see(hour: Hour, machine: Machine, { series, value: samples }: Reading): void {
  const seconds = hour.interval(label(series, 'job'))
  if (seconds === undefined || !(samples > 0)) return
  const seen = { samples, seconds }
  if (machine.seen.samples === 0 || isFuller(seen, machine.seen)) machine.seen = seen
}

/** Samples × their job's interval, in hours; never more than the window. */
function hoursOf({ seen }: Machine): number {
  return Math.min(1, (seen.samples * seen.seconds) / HOUR_SECONDS)
}

function byNode(hour: Hour, fact: keyof typeof METRICS, most: number, tally: Tally): Map<string, number> {
  const values = new Map<string, number>()
  for (const { series, value } of readingsOf(hour, fact)) {
    if (value > 0 && value <= most) values.set(label(series, 'node'), value)
    else tally.reject('impossible_capacity', METRICS[fact], series)
  }
  return values
}
