/** What the fields of an example hold, by their names, so that they fit together: a day of one namespace. */
const VALUES: Readonly<Record<string, unknown>> = {
  start_date: 1772409600,
  end_date: 1772496000,
  breakdown_by: 'namespace',
  step: 'all',
  total_count: 1,
  previous_total: 33.9174,
  previous_range_start: 1772323200,
  id: '6f9d1c1e-7f0e-1d0b-5d4f-3d1a2c6be2a7',
  name: 'shop',
  kind: 'workload',
  namespace: 'shop',
  minutes: 17280,
  first_seen: 1772409600,
  last_seen: 1772496000,
  cpu_core_hours: 350.05,
  cpu_core_request_hours: 336,
  cpu_core_used_hours: 100.8,
  cpu_cost: 11.2015,
  ram_gib_hours: 580.2,
  ram_gib_request_hours: 576,
  ram_gib_used_hours: 345.6,
  ram_cost: 2.2047,
  network_zone_cost: 0.649,
  network_region_cost: 1,
  network_internet_cost: 18,
  network_cost: 19.649,
  load_balancer_cost: 2.225,
  total_cost: 35.2802,
  cpu_efficiency: 0.3,
  ram_efficiency: 0.6,
  total_efficiency: 0.3493,
  coverage: 1,
  currency: 'USD',
  data_version: '9f86d081884c7d65',
  data_to: 1772496000,
  generated_at: 1772497860,
  gaps: [],
  warnings: [],
  limit: 100,
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** A value that the schema allows: what the field is given above or by the schema, else the simplest. */
export function exampleOf(schema: Schema, name?: string): unknown {
  if (schema.examples !== undefined) return schema.examples[0]
  if (name !== undefined && Object.hasOwn(VALUES, name)) return VALUES[name]
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf?.[0] !== undefined) return exampleOf(schema.anyOf[0], name)
  const types = [schema.type ?? 'null'].flat()
  if (schema.properties !== undefined) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([field, part]) => [field, exampleOf(part, field)]),
    )
  }
  if (types.includes('array')) return schema.items === undefined ? [] : [exampleOf(schema.items)]
  if (types.includes('number') || types.includes('integer')) return 0
  if (types.includes('null')) return null
  if (types.includes('boolean')) return false
  return types.includes('object') ? {} : ''
}
