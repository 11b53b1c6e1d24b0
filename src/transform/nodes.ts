import { toMoney } from '../domain/money.js'
import type { NodeRow } from '../domain/rows.js'
import { type FactName, label } from '../domain/samples.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { type Hour, type Reading, readingsOf } from './hour.js'
import { nodePrice, type PriceEvidence } from './prices.js'
import type { Tally } from './tally.js'

export const GIB = 2 ** 30

/** Names of the metrics for a person who reads the rejects. */
const METRICS = {
  nodeCpuPrice: 'node_cpu_hourly_cost',
  nodeRamPrice: 'node_ram_hourly_cost',
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
  hours: number
  readonly prices: Map<FactName, number>
  spotRatio: number | null
}

/**
 * Node-hours of one window: every machine that was there, how long, at which price. A machine is told from another
 * of the same name by its provider id.
 */
export function nodeRows(hour: Hour, tally: Tally): NodeRow[] {
  const machines = findMachines(hour, tally)
  const capacity = {
    cpu: byNode(hour, 'nodeCpuCapacity', tally),
    ram: byNode(hour, 'nodeRamCapacity', tally),
  }
  const known = [...machines.values()].map(machine => {
    const cpuCores = capacity.cpu.get(machine.node) ?? null
    const ramBytes = capacity.ram.get(machine.node)
    const ramGib = ramBytes === undefined ? null : ramBytes / GIB
    return { machine, evidence: evidenceOf(machine, cpuCores, ramGib) }
  })
  const peers = known.map(({ evidence }) => evidence)
  return known.map(({ machine, evidence }) => nodeRow(machine, evidence, peers, tally))
}

function nodeRow(
  machine: Machine,
  evidence: PriceEvidence,
  peers: readonly PriceEvidence[],
  tally: Tally,
): NodeRow {
  const price = nodePrice(evidence, peers)
  const { cpuCores, ramGib } = evidence
  if (price.source !== 'measured')
    tally.warn('price_estimated', `node ${machine.node}: price source ${price.source}`)
  if (cpuCores === null || ramGib === null)
    tally.warn('capacity_unknown', `node ${machine.node}: capacity not reported, its cost is unknown`)
  return {
    node: machine.node,
    providerId: machine.providerId,
    instanceType: machine.instanceType,
    region: machine.region,
    minutes: machine.hours * 60,
    cpuCores,
    ramGib,
    gpus: null,
    cpuPrice: price.cpu,
    ramPrice: price.ram,
    gpuPrice: null,
    cpuPriceRange: { min: price.cpu, max: price.cpu },
    ramPriceRange: { min: price.ram, max: price.ram },
    priceSource: price.source,
    spotRatio: machine.spotRatio,
    zone: null,
    nodePool: null,
    cpuCost: cpuCores === null ? null : toMoney(price.cpu * cpuCores * machine.hours),
    ramCost: ramGib === null ? null : toMoney(price.ram * ramGib * machine.hours),
    gpuCost: null,
  }
}

function evidenceOf(machine: Machine, cpuCores: number | null, ramGib: number | null): PriceEvidence {
  const price = (fact: FactName) => machine.prices.get(fact)
  return {
    instanceType: machine.instanceType,
    region: machine.region,
    isSpot: (machine.spotRatio ?? 0) > 0,
    cpuCores,
    ramGib,
    measured: { cpu: price('nodeCpuPrice'), ram: price('nodeRamPrice') },
    repaired: { cpu: price('nodeCpuPriceRepaired'), ram: price('nodeRamPriceRepaired') },
    carried: { cpu: price('nodeCpuPriceCarried'), ram: price('nodeRamPriceCarried') },
    total: price('nodeTotalPrice'),
  }
}

function findMachines(hour: Hour, tally: Tally): Map<string, Machine> {
  const machines = new Map<string, Machine>()
  for (const reading of readingsOf(hour, 'nodeSamples')) {
    const machine = machineOf(machines, reading)
    machine.hours = Math.max(machine.hours, hoursOfSamples(hour, reading))
  }
  for (const fact of ['nodeCpuPrice', 'nodeRamPrice', 'nodeTotalPrice'] as const) {
    for (const reading of readingsOf(hour, fact))
      keepPrice(machineOf(machines, reading), fact, reading, tally)
  }
  addPricelessMachines(hour, machines)
  for (const reading of readingsOf(hour, 'nodeSpot')) {
    const machine = machines.get(machineKey(reading))
    if (machine && reading.value >= 0) machine.spotRatio = reading.value
    if (machine && machine.instanceType === null) describeMachine(machine, reading)
  }
  dropTwins(machines, tally)
  for (const fact of [
    'nodeCpuPriceRepaired',
    'nodeRamPriceRepaired',
    'nodeCpuPriceCarried',
    'nodeRamPriceCarried',
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
  return { node, providerId, instanceType: null, region: null, hours: 0, prices: new Map(), spotRatio: null }
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
    machine.hours = Math.max(machine.hours, hoursOfSamples(hour, reading))
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
    const hours = others.reduce((sum, other) => sum + other.hours, 0)
    if (others.length === 0 || hours + machine.hours <= 1.05) continue
    machines.delete(key)
    tally.reject('duplicate_node_series', 'node_total_hourly_cost', {
      labels: new Map([['node', machine.node]]),
    })
  }
}

/** Samples × their job's interval, in hours; never more than the window. */
function hoursOfSamples(hour: Hour, { series, value }: Reading): number {
  const interval = hour.interval(label(series, 'job'))
  return interval === undefined ? 0 : Math.min(1, (value * interval) / HOUR_SECONDS)
}

function byNode(hour: Hour, fact: keyof typeof METRICS, tally: Tally): Map<string, number> {
  const values = new Map<string, number>()
  for (const { series, value } of readingsOf(hour, fact)) {
    if (Number.isFinite(value) && value > 0) values.set(label(series, 'node'), value)
    else tally.reject('impossible_capacity', METRICS[fact], series)
  }
  return values
}
