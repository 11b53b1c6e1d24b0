import type { FactRecord } from '../facts/answer.js'
import { type Breakdown, type Dimension, isByLabel, labelOf } from '../query/parameters.js'
import type { CostAllocationRow } from '../schemas/cost-allocation.js'

type Identity = Pick<CostAllocationRow, Dimension | 'id' | 'name' | 'kind' | 'labels'>

/** Only what the breakdown fixes: a namespace of two clusters is one row that belongs to neither. */
export function identityOf(record: FactRecord, breakdownBy: readonly Breakdown[]): Identity {
  const identity: Identity = {
    id: record.id,
    name: record.name,
    kind: record.kind,
    cluster: null,
    namespace: null,
    node: null,
    controller_kind: null,
    controller: null,
    pod: null,
    container: null,
    labels: null,
  }
  const values = [record.value_1, record.value_2]
  breakdownBy.forEach((breakdown, index) => {
    const value = values[index] ?? null
    if (!isByLabel(breakdown)) identity[breakdown] = value
    else if (value !== null) identity.labels = { ...identity.labels, [labelOf(breakdown)]: value }
  })
  return identity
}
