/** Everything that can shape a recommendation, in the order in which a row tells of it, with what each means. */
export const REASONS = {
  too_little_data: 'Too few points, or too little confidence, for advice.',
  low_coverage: 'Less than nine tenths of the hours were measured.',
  coarse_step: 'Points are more than five minutes apart, so short peaks are smoothed out.',
  cpu_from_rule: 'CPU use was read from a recording rule, which is spikier than the counters.',
  no_cpu_usage: 'CPU use was not measured.',
  no_ram_usage: 'Memory use was not measured.',
  no_request: 'CPU or memory has no request, so one is to be set.',
  request_unknown: 'The source does not tell what is requested.',
  request_changed: 'The request changed within the range; savings compare with the newest.',
  cpu_floor: 'The lowest CPU request that is recommended decided.',
  ram_floor: 'The lowest memory request that is recommended decided.',
  oom: 'The container ran out of memory: its request is raised above that, and never lowered.',
  oom_inferred: 'A restart at a peak next to the memory limit: taken for running out of memory.',
  imbalanced_replicas:
    'The hottest pod uses far more CPU than the others, so the request is not lowered below it.',
  throttled:
    'The CPU limit held the container back in a quarter of the time or more: its request is not lowered.',
  cpu_limit: 'The CPU limit allows no higher request.',
  exceeds_node: 'No node is large enough for more.',
  hpa: 'An autoscaler drives the workload by the use of its request, so changing that changes the replicas.',
  hpa_unknown: 'The source does not tell whether an autoscaler drives the workload.',
  cpu_inside_gate: 'The CPU request differs too little to be worth a change.',
  ram_inside_gate: 'The memory request differs too little to be worth a change.',
  bounded_by_cost: 'The saving was cut to what the resource costs.',
  no_price: 'Nothing was allocated within the range, so there is no price to tell savings by.',
} as const satisfies Record<string, string>

export type Reason = keyof typeof REASONS

const ORDER = Object.keys(REASONS) as Reason[]

/** Each reason once, in the order of the list. */
export function inOrder(reasons: Iterable<Reason>): Reason[] {
  const given = new Set(reasons)
  return ORDER.filter(reason => given.has(reason))
}
