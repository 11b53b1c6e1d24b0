import type { BodyOf } from '../../api/routes.js'
import type { ChartStep, Series } from '../../charts/series.js'

type Row = BodyOf<'cluster_cost'>['cluster_cost'][number]

const PARTS = [
  { id: 'cpu_cost', name: 'CPU of nodes', paint: 0 },
  { id: 'ram_cost', name: 'Memory of nodes', paint: 2 },
  { id: 'gpu_cost', name: 'GPUs of nodes', paint: 3 },
  { id: 'pv_cost', name: 'Volumes and disks', paint: 1 },
  { id: 'load_balancer_cost', name: 'Load balancers', paint: 5 },
  { id: 'network_cost', name: 'Traffic', paint: 7 },
  { id: 'management_cost', name: 'Fees', paint: 6 },
] as const

/** Cost of each part by step, all clusters together. What was not measured anywhere is no series, but named. */
export function partSeries(
  rows: readonly Row[],
  steps: readonly ChartStep[],
): { readonly series: Series[]; readonly unknown: string[] } {
  const isKnown = (id: (typeof PARTS)[number]['id']) => rows.some(row => row[id] !== null)
  const sum = (id: (typeof PARTS)[number]['id'], start: number) =>
    rows.filter(row => row.start_date === start).reduce((total, row) => total + (row[id] ?? 0), 0)
  return {
    series: PARTS.filter(({ id }) => isKnown(id)).map(part => ({
      ...part,
      values: steps.map(({ start }) => sum(part.id, start)),
    })),
    unknown: PARTS.filter(({ id }) => !isKnown(id)).map(({ name }) => name),
  }
}
