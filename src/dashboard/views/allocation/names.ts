import { rowName } from '../../format/row-name.js'
import { type Dimension, HAS_NONE } from '../../state/dimensions.js'
import { dimensionValue, type Row } from './drill.js'

const NOBODYS = {
  idle: 'Idle',
  unmounted: rowName('__unmounted__'),
  cluster_management: rowName('__cluster_management__'),
} as const

const WITHOUT = rowName('__unallocated__')

/** Whether the row belongs to nobody: idle cost, a fee, a volume without a pod. */
export const isNobodys = ({ kind }: Row): boolean => kind !== 'workload' && kind !== 'unallocated'

/** How a row is read: what it has of each dimension; of what is nobody's, what it is, and of what. */
export function nameOf(row: Row, by: readonly Dimension[]): string {
  const values = by.map(dimension => dimensionValue(row, dimension))
  if (row.kind === 'workload' || row.kind === 'unallocated')
    return values.map(value => (value === HAS_NONE ? WITHOUT : value)).join(' / ')
  const known = values.filter(value => value !== HAS_NONE)
  return [NOBODYS[row.kind], ...known].join(', ')
}
