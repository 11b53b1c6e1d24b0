/** What shaped a recommendation: in a few words, and in a sentence. */
export interface Reason {
  readonly short: string
  readonly sentence: string
}

const REASONS: Readonly<Record<string, Reason>> = {
  too_little_data: {
    short: 'too little data',
    sentence: 'It has been measured too briefly, or too rarely, for advice.',
  },
  low_coverage: {
    short: 'hours missing',
    sentence: 'More than a tenth of its hours were not measured.',
  },
  coarse_step: {
    short: 'coarse measurements',
    sentence: 'Measurements are more than five minutes apart, so short peaks don’t show.',
  },
  cpu_from_rule: {
    short: 'CPU from a rule',
    sentence: 'CPU use is read from a recording rule, which has higher peaks than the counters.',
  },
  no_cpu_usage: { short: 'CPU use unknown', sentence: 'How much CPU it uses was not measured.' },
  no_ram_usage: { short: 'memory use unknown', sentence: 'How much memory it uses was not measured.' },
  no_request: {
    short: 'no request',
    sentence: 'CPU or memory is not requested, so nothing is reserved for it: set a request.',
  },
  request_unknown: { short: 'request unknown', sentence: 'What it requests is not known.' },
  request_changed: {
    short: 'request changed',
    sentence: 'Its request was changed in these days; it is compared with the newest.',
  },
  cpu_floor: {
    short: 'lowest CPU',
    sentence: 'It could do with less CPU, but this is the lowest request that is recommended.',
  },
  ram_floor: {
    short: 'lowest memory',
    sentence: 'It could do with less memory, but this is the lowest request that is recommended.',
  },
  oom: {
    short: 'ran out of memory',
    sentence: 'It ran out of memory in these days, so it gets more than it had, and never less.',
  },
  oom_inferred: {
    short: 'likely out of memory',
    sentence:
      'It restarted when it had nearly reached its memory limit: that looks like running out of memory.',
  },
  imbalanced_replicas: {
    short: 'uneven pods',
    sentence: 'One of its pods uses far more CPU than the others, and the request has to do for that one.',
  },
  throttled: {
    short: 'held back by its limit',
    sentence: 'Its CPU limit held it back at least a quarter of the time, so its request is not lowered.',
  },
  cpu_limit: { short: 'CPU limit', sentence: 'Its CPU limit doesn’t allow a higher request.' },
  exceeds_node: { short: 'no larger node', sentence: 'It needs more, but no node is large enough.' },
  hpa: {
    short: 'autoscaled',
    sentence:
      'An autoscaler adds and removes pods by how much of the request is used, so changing it changes their number.',
  },
  hpa_unknown: {
    short: 'autoscaler unknown',
    sentence: 'Whether an autoscaler goes by its request is not known: check before you change it.',
  },
  cpu_inside_gate: {
    short: 'CPU fits',
    sentence: 'Its CPU request is close to what is recommended: not worth a change.',
  },
  ram_inside_gate: {
    short: 'memory fits',
    sentence: 'Its memory request is close to what is recommended: not worth a change.',
  },
  bounded_by_cost: {
    short: 'saving capped',
    sentence: 'The saving was cut to what it costs: more can’t be saved.',
  },
  no_price: {
    short: 'no price',
    sentence: 'Nothing of it was paid for in these days, so what a change saves can’t be told.',
  },
}

/** A code of the API in words; one that is not known here stands for itself. */
export const reasonOf = (code: string): Reason =>
  (Object.hasOwn(REASONS, code) ? REASONS[code] : undefined) ?? {
    short: code.replaceAll('_', ' '),
    sentence: `The API calls this ${code}.`,
  }
