import { type Static, Type } from 'typebox'

// `type: [x, 'null']` rather than a union of schemas, which the serializer would have to try out value by value.
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] })
export const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] })
export const Timestamp = Type.Integer({ description: 'Unix seconds, UTC.' })
const NullableTimestamp = Type.Unsafe<number | null>({ type: ['integer', 'null'] })
/** A number that may be unknown. */
export function nullable(description: string) {
  return Type.Unsafe<number | null>({ ...NullableNumber, description })
}

/** A whole number that may be unknown. */
export function count(description: string) {
  return Type.Unsafe<number | null>({ ...NullableTimestamp, description })
}

/** A text that may be unknown. */
export function text(description: string) {
  return Type.Unsafe<string | null>({ ...NullableString, description })
}

/** Unix seconds, UTC, of what `description` says. */
export function time(description: string) {
  return Type.Integer({ description: `Unix seconds, UTC. ${description}` })
}

/** An amount of which nothing may have been measured. */
export function amount(what: string) {
  return nullable(`${what}, account currency; null where none of it was measured.`)
}

export function efficiency(what: string) {
  return nullable(`${what}; may exceed 1. 1 for usage without any request, null where neither is known.`)
}

/** Label values by name, as in Prometheus, without `label_`. */
export const NullableLabels = Type.Unsafe<Record<string, string> | null>({
  type: ['object', 'null'],
  additionalProperties: { type: 'string' },
})

export const Gap = Type.Object(
  {
    cluster: Type.String(),
    start_date: Timestamp,
    end_date: Timestamp,
    reason: Type.Enum(
      [
        'not_loaded',
        'source_incomplete',
        'source_silent',
        'missing_series',
        'suspect',
        'quarantined',
        'expired',
      ],
      {
        type: 'string',
        description: [
          'not_loaded: due, and not loaded yet.',
          'source_incomplete: a store was missing, or an answer was partial or contradictory.',
          'source_silent: no heartbeat; the cluster or its sender was down.',
          'missing_series: an essential metric was absent.',
          'suspect: a later reading gave less than the one before.',
          'quarantined: no reading helped.',
          'expired: older than the retention.',
        ].join(' '),
      },
    ),
  },
  { description: 'Consecutive windows of a cluster that are missing or in doubt for one reason.' },
)

export const Warning = Type.Object({
  code: Type.String({ description: 'One word for programs, for example network_not_collected.' }),
  detail: Type.String({ description: 'A sentence for people, with clusters and windows.' }),
})

export const Meta = Type.Object({
  currency: Type.String({
    description: 'ISO 4217; of every amount of the answer. Amounts are never converted.',
  }),
  data_version: Type.String({ description: "Changes with every change to the account's data." }),
  data_to: Type.Unsafe<number | null>({
    ...NullableTimestamp,
    description: 'Up to when every cluster that is still heard of is loaded without a hole.',
  }),
  generated_at: Timestamp,
  coverage: Type.Unsafe<number | null>({
    ...NullableNumber,
    description: 'Mean measured share of the due windows, 0 to 1; one that is not loaded counts 0.',
  }),
  partial: Type.Boolean({ description: 'True where a window or a part of the cost is missing.' }),
  gaps: Type.Array(Gap),
  warnings: Type.Array(Warning, { description: 'What was not measured, and where.' }),
})
export type MetaBody = Static<typeof Meta>

export const Page = Type.Object({
  limit: Type.Integer({ description: 'As asked.' }),
  next: Type.Unsafe<string | null>({
    ...NullableString,
    description: 'The cursor of the next page; null on the last.',
  }),
})

/** What every answer over a range begins with. */
export const RangeHead = { start_date: Timestamp, end_date: Timestamp }

const Totals = {
  total_cost: Type.Number({ description: 'Of the whole filtered set, not of the page. Account currency.' }),
  total_count: Type.Integer({ description: 'Rows of the whole filtered set.' }),
  previous_total: Type.Unsafe<number | null>({
    ...NullableNumber,
    description: 'The same of the equally long range immediately before; null where nothing of it is loaded.',
  }),
  previous_range_start: Timestamp,
}

/** What every answer with a total over a range begins with. */
export const TotalHead = { ...RangeHead, ...Totals }

/** What every answer with rows of facts begins with; totals are of the whole filtered set. */
export const ListHead = {
  ...RangeHead,
  breakdown_by: Type.Unsafe<string | string[]>({
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    description: 'As asked: one name, or a list of two.',
  }),
  step: Type.String({ description: 'As asked.' }),
  ...Totals,
}

/** Who a row of facts is: only what the breakdown fixes is filled in. */
export const Identity = {
  id: Type.String({ description: 'The all-zero UUID for what has none of the dimensions.' }),
  name: Type.String({
    description:
      'Its values of the breakdown, two with a slash between; __idle__, __unmounted__, __cluster_management__ or __unallocated__ for what no workload carries.',
  }),
  kind: Type.Enum(['workload', 'idle', 'unmounted', 'cluster_management', 'unallocated'], {
    type: 'string',
    description:
      'workload: what containers used or reserved. idle: node cost that no container was charged for. unmounted: volumes and load balancers without a pod. cluster_management: the fee. unallocated: what lacks a value of the breakdown.',
  }),
  cluster: fixed('Cluster id'),
  namespace: fixed('Namespace'),
  node: fixed('Name of the node'),
  controller_kind: fixed('Kind of the controller'),
  controller: fixed('Name of the controller'),
  pod: fixed('Name of the pod'),
  container: fixed('Name of the container'),
  labels: Type.Unsafe<Record<string, string> | null>({
    ...NullableLabels,
    description: 'Those that the breakdown fixes, by name as in Prometheus without label_; else null.',
  }),
}

function fixed(what: string) {
  return Type.Unsafe<string | null>({
    ...NullableString,
    description: `${what}, where the breakdown fixes it; else null.`,
  })
}
