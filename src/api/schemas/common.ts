import { Type } from 'typebox'

// `type: [x, 'null']` rather than a union of schemas, which the serializer would have to try out value by value.
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] })
export const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] })
/** Unix seconds, UTC. */
export const Timestamp = Type.Integer()
const NullableTimestamp = Type.Unsafe<number | null>({ type: ['integer', 'null'] })
/** Label values by name, as in Prometheus, without `label_`. */
export const NullableLabels = Type.Unsafe<Record<string, string> | null>({
  type: ['object', 'null'],
  additionalProperties: { type: 'string' },
})

const Gap = Type.Object({
  cluster: Type.String(),
  start_date: Timestamp,
  end_date: Timestamp,
  reason: Type.String(),
})

export const Meta = Type.Object({
  currency: Type.String(),
  data_version: Type.String(),
  data_to: NullableTimestamp,
  generated_at: Timestamp,
  coverage: NullableNumber,
  partial: Type.Boolean(),
  gaps: Type.Array(Gap),
  warnings: Type.Array(Type.Object({ code: Type.String(), detail: Type.String() })),
})

export const Page = Type.Object({ limit: Type.Integer(), next: NullableString })
