import type { BodyOf } from '../../api/routes.js'
import type { Waste } from '../../charts/waste.js'
import { type Dimension, labelOf, type NamedDimension } from '../../state/dimensions.js'

type Row = BodyOf<'efficiency'>['efficiency'][number]

/** What one value of the breakdown cost, with the idle cost of its nodes where it has nodes. */
export interface WastedRow extends Waste {
  readonly id: string
  readonly name: string
  readonly wasted_cost: number
}

/** What is nobody's, under the API's name for it. */
export interface NobodysCost {
  readonly name: string
  readonly wasted_cost: number
}

/**
 * The rows of an answer by value of the breakdown, the most wasted first, and apart from them what no value has. By cluster
 * and by node, idle cost has rows of its own that name theirs: it is added to that one.
 */
export function wastedRows(
  rows: readonly Row[],
  by: Dimension,
): { readonly rows: readonly WastedRow[]; readonly nobodys: readonly NobodysCost[] } {
  const byName = new Map<string, WastedRow>()
  const nobodys = new Map<string, number>()
  for (const row of rows) {
    const name = row.kind === 'unallocated' ? row.name : nameOf(row, by)
    if (name === null) nobodys.set(row.name, (nobodys.get(row.name) ?? 0) + row.wasted_cost)
    else byName.set(name, add(byName.get(name), row, name))
  }
  return {
    rows: [...byName.values()].sort((left, right) => right.wasted_cost - left.wasted_cost),
    nobodys: [...nobodys]
      .map(([name, wasted_cost]) => ({ name, wasted_cost }))
      .filter(({ wasted_cost }) => wasted_cost !== 0),
  }
}

function nameOf(row: Row, by: Dimension): string | null {
  const label = labelOf(by)
  return label === null ? row[by as NamedDimension] : (row.labels?.[label] ?? null)
}

function add(sum: WastedRow | undefined, row: Row, name: string): WastedRow {
  return {
    id: name,
    name,
    used_cost: (sum?.used_cost ?? 0) + row.used_cost,
    workload_idle_cost: (sum?.workload_idle_cost ?? 0) + row.workload_idle_cost,
    infra_idle_cost: (sum?.infra_idle_cost ?? 0) + row.infra_idle_cost,
    wasted_cost: (sum?.wasted_cost ?? 0) + row.wasted_cost,
  }
}
