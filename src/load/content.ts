import { createHash } from 'node:crypto'
import { type Money, sumMoney } from '../domain/money.js'
import type { AllocationRow, IdleRow, NodeRow, WindowRows } from '../domain/rows.js'
import { formatWindow } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { BinaryWriter } from './copy-binary.js'

/** The rows of a window in their one order, with all that the ledger keeps about them. */
export interface WindowContent {
  readonly source: WindowRows
  readonly allocations: readonly { readonly key: bigint; readonly row: AllocationRow }[]
  readonly nodes: readonly NodeRow[]
  readonly idle: readonly IdleRow[]
  /** SHA-256 over the content: the same for the same rows in any order. */
  readonly hash: Buffer
  readonly assetCost: Money
  readonly allocatedCost: Money
  readonly idleCost: Money
}

/** Orders the rows of a window, totals them and hashes them. Two rows under one key are an error of the transform. */
export function contentOf(source: WindowRows, keyOf: (row: AllocationRow) => bigint): WindowContent {
  const allocations = source.allocations
    .map(row => ({ key: keyOf(row), row }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const nodes = [...source.nodes].sort(
    (a, b) => compare(a.node, b.node) || compare(a.providerId, b.providerId),
  )
  const idle = [...source.idle].sort((a, b) => compare(a.node, b.node))
  refuseTwins(
    source,
    allocations,
    (a, b) => a.key === b.key,
    ({ row }) => `${row.namespace}/${row.pod}/${row.container}`,
  )
  refuseTwins(
    source,
    nodes,
    (a, b) => a.node === b.node && a.providerId === b.providerId,
    row => `node ${row.node}`,
  )
  refuseTwins(
    source,
    idle,
    (a, b) => a.node === b.node,
    row => `idle of node ${row.node}`,
  )
  return {
    source,
    allocations,
    nodes,
    idle,
    hash: hashOf(source.coverage, allocations, nodes, idle),
    assetCost: sumMoney(nodes.map(row => (row.cpuCost ?? 0n) + (row.ramCost ?? 0n))),
    allocatedCost: sumMoney(allocations.map(({ row }) => row.cpuCost + row.ramCost)),
    idleCost: sumMoney(idle.map(row => row.cpuCost + row.ramCost)),
  }
}

// By code unit: no locale may change the order.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function refuseTwins<T>(
  source: WindowRows,
  sorted: readonly T[],
  isSame: (a: T, b: T) => boolean,
  name: (row: T) => string,
): void {
  const twin = sorted.find((row, at) => {
    const before = sorted[at - 1]
    return at > 0 && before !== undefined && isSame(before, row)
  })
  if (twin === undefined) return
  throw new NamedError(
    'TRANSFORM_FAILED',
    `Window ${formatWindow(source.window)} has two rows for ${name(twin).slice(0, 200)}, which would be one cost twice.`,
  )
}

function hashOf(
  coverage: number,
  allocations: WindowContent['allocations'],
  nodes: readonly NodeRow[],
  idle: readonly IdleRow[],
): Buffer {
  const writer = new BinaryWriter()
  const measure = (value: number | null) => writer.float8(value === null ? null : nineDigits(value))
  measure(coverage)
  writer.row(allocations.length & 0x7fff)
  for (const { key, row } of allocations) {
    writer.int8(key)
    for (const value of measuresOf(row)) measure(value)
    writer.numeric(row.cpuCost)
    writer.numeric(row.ramCost)
    writer.text(row.priceSource)
  }
  writer.row(nodes.length & 0x7fff)
  for (const row of nodes) {
    for (const text of [row.node, row.providerId, row.instanceType, row.region, row.priceSource])
      writer.text(text)
    for (const value of capacityOf(row)) measure(value)
    writer.numeric(row.cpuCost)
    writer.numeric(row.ramCost)
  }
  writer.row(idle.length & 0x7fff)
  for (const row of idle) {
    writer.text(row.node)
    writer.numeric(row.cpuCost)
    writer.numeric(row.ramCost)
  }
  return createHash('sha256').update(writer.take()).digest()
}

/** The measured columns of an allocation row, in the order of the table. */
export function measuresOf(row: AllocationRow): (number | null)[] {
  return [
    row.minutes,
    row.cpuCoreHours,
    row.cpuCoreRequestHours,
    row.cpuCoreUsedHours,
    row.ramGibHours,
    row.ramGibRequestHours,
    row.ramGibUsedHours,
  ]
}

function capacityOf(row: NodeRow): (number | null)[] {
  return [row.minutes, row.cpuCores, row.ramGib, row.cpuPrice, row.ramPrice, row.spotRatio]
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
const HIGH = 1 - LOW

/**
 * Rounded to nine significant digits (30 bits behind the leading one), so that sums whose terms arrived in another
 * order hash alike. Money is exact and needs none of this.
 */
function nineDigits(value: number): number {
  float[0] = value === 0 ? 0 : value
  const low = (words[LOW] ?? 0) + 0x200000
  words[LOW] = low & 0xffc00000
  if (low > 0xffffffff) words[HIGH] = (words[HIGH] ?? 0) + 1
  return float[0]
}
