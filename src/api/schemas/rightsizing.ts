import { type Static, Type } from 'typebox'
import type { ProfileName } from '../../rightsizing/profiles.js'
import { REASONS } from '../../rightsizing/reasons.js'
import { CLUSTER_FILTER, FILTERS, FORMAT, optionalDates, paging } from '../query/parameters.js'
import { KNOBS } from '../query/rightsizing.js'
import { count, Meta, NullableNumber, nullable, Page, RangeHead, text, time } from './common.js'

const PROFILE_NAMES = ['cost', 'balanced', 'safe', 'krr', 'kubecost'] as const satisfies ProfileName[]
const LEVELS = ['high', 'medium', 'low', 'insufficient'] as const
const ACTIONS = ['none', 'set', 'keep', 'decrease', 'increase', 'suppressed'] as const

type Resource = 'cpu' | 'ram'
type Figure = 'request' | 'limit' | 'mean' | 'p95' | 'p99' | 'max' | 'recommended'

const NullableBoolean = (description: string) =>
  Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description })

function figuresOf<R extends Resource>(resource: R, what: string, unit: string) {
  const described: Record<Figure, string> = {
    request: `${what} request, ${unit}; null without one.`,
    limit: `${what} limit, ${unit}; null without one.`,
    mean: `Mean ${what} use of a pod, ${unit}; null where not measured.`,
    p95: `95th percentile of ${what} use, ${unit}; null where not measured.`,
    p99: `99th percentile of ${what} use, ${unit}; null where not measured.`,
    max: `Highest ${what} use, ${unit}; null where not measured.`,
    recommended: `Recommended ${what} request, ${unit}; null without advice.`,
  }
  const figures = Object.fromEntries(
    Object.entries(described).map(([figure, description]) => [
      `${resource}_${figure}`,
      Type.Unsafe<number | null>({ ...NullableNumber, description }),
    ]),
  ) as Record<`${R}_${Figure}`, ReturnType<typeof nullable>>
  return figures
}

const action = (of: string) =>
  Type.Enum([...ACTIONS], { type: 'string', description: `What to do about ${of}.` })
const saving = (of: string) =>
  nullable(
    `Saved a month by the ${of} recommendation, account currency; negative for an increase, null without advice.`,
  )

const RightsizingRow = Type.Object({
  cluster: Type.String({ description: 'Cluster id; unique within the account only.' }),
  namespace: Type.String({ description: 'Namespace of the workload.' }),
  controller_kind: Type.String({
    description: 'Kind of the workload, for example Deployment; empty for none.',
  }),
  controller: Type.String({ description: 'Name of the workload; empty for none.' }),
  container: Type.String({ description: 'Name of the container.' }),
  replicas: Type.Number({ description: 'Mean number of pods over the history.' }),
  ...figuresOf('cpu', 'CPU', 'millicores'),
  cpu_action: action('the CPU request'),
  cpu_saving: saving('CPU'),
  ...figuresOf('ram', 'memory', 'bytes'),
  ram_action: action('the memory request'),
  ram_saving: saving('memory'),
  saving_month: nullable('Sum of both savings, account currency a month of 730 hours; null without advice.'),
  cost_month: nullable(
    'What CPU and memory cost a month of 730 hours as they are, account currency; no saving is higher.',
  ),
  action: action('the container: the weightier of both actions'),
  reasons: Type.Array(Type.String(), {
    description: `Codes of what shaped the recommendation. ${Object.entries(REASONS)
      .map(([code, meaning]) => `${code}: ${meaning}`)
      .join(' ')}`,
  }),
  severity: Type.String({
    description:
      'How far the requests are from the recommendation, the worse of both: CRITICAL from 500 millicores or 500 MiB on, WARNING from 250, or where there is no request, OK from 100, GOOD below; UNKNOWN without anything to compare.',
  }),
  confidence: Type.Number({ description: 'Trust in the recommendation, 0 to 1.' }),
  confidence_level: Type.Enum([...LEVELS], {
    type: 'string',
    description: 'high from 0.75 on, medium from 0.4, low from 0.1.',
  }),
  span_hours: Type.Number({ description: 'Hours between the first and the last sample of the history.' }),
  coverage: Type.Number({ description: 'Measured share of the hours of the container, 0 to 1.' }),
  samples: Type.Integer({ description: 'Samples of CPU use in the history.' }),
  oom: NullableBoolean('Whether the container ran out of memory within the history; null where unknown.'),
  hpa: NullableBoolean(
    'Whether a horizontal autoscaler drives the workload by the resource; null where unknown.',
  ),
  step_seconds: nullable(
    'Seconds between points of CPU use, the coarsest of the history; null where not measured.',
  ),
  cpu_source: Type.Unsafe<'counter' | 'rule' | null>({
    type: ['string', 'null'],
    description:
      'counter: CPU use is read from the counters of the nodes; rule: from a recorded series, which is spikier; null where not measured.',
  }),
  snippet: text('YAML of the recommended requests; null without advice.'),
  kubectl: text('Command that sets the recommended requests; null without advice, or where no command can.'),
  ignored: Type.Boolean({
    description: 'A rule of what to ignore applies; such rows come with include_ignored only.',
  }),
})
export type RightsizingRow = Static<typeof RightsizingRow>

const total = (what: string, of = 'the whole filtered set') =>
  Type.Number({ description: `${what}, account currency a month; of ${of}, both resources.` })

const totals = (of?: string) => ({
  gross_decrease: total('What lower requests save', of),
  gross_increase: total('What higher requests cost, negative', of),
  net: total('gross_decrease + gross_increase', of),
})

const ConfidenceTotals = Type.Object(
  {
    confidence_level: Type.Enum([...LEVELS], { type: 'string', description: 'As in the rows.' }),
    count: Type.Integer({ description: 'Rows of this level.' }),
    ...totals('the rows of this level'),
  },
  { description: 'What of the totals can be trusted how far.' },
)

const Excluded = Type.Object(
  {
    system: Type.Integer({ description: 'In kube-system, kube-public or kube-node-lease.' }),
    ownerless: Type.Integer({ description: 'Owned by no workload.' }),
    ignored: Type.Integer({ description: 'By a rule of what to ignore.' }),
  },
  {
    description:
      'Rows that the filters leave and that are neither shown nor in the totals, each counted under the first reason. include_system and include_ignored show them.',
  },
)

export const RightsizingBody = Type.Object({
  ...RangeHead,
  profile: Type.String({ description: 'As asked.' }),
  source: Type.Enum(['precomputed', 'live'], {
    type: 'string',
    description:
      'precomputed: computed in advance from the days before history_end; live: computed now, from the hours of the range.',
  }),
  history_days: Type.Number({ description: 'Days of use that the recommendations were computed from.' }),
  history_start: time('First hour of that use.'),
  history_end: time('End of that use.'),
  computed_at: count('Unix seconds, UTC: when they were computed; null where there was no use to go by.'),
  total_count: Type.Integer({ description: 'Rows of the whole filtered set.' }),
  ...totals(),
  confidence_levels: Type.Array(ConfidenceTotals, { description: 'The same totals, for each level.' }),
  excluded: Excluded,
  rightsizing: Type.Array(RightsizingRow),
  meta: Meta,
  page: Page,
})
export type RightsizingBody = Static<typeof RightsizingBody>

const { k8s_namespace, created_by_kind, created_by_name, k8s_container } = FILTERS

const SORTS = [
  ...['saving_month', 'cluster', 'namespace', 'controller_kind', 'controller', 'container', 'replicas'],
  ...['cpu_request', 'cpu_recommended', 'cpu_saving', 'ram_request', 'ram_recommended', 'ram_saving'],
  'cost_month',
  ...['confidence', 'span_hours', 'coverage', 'samples'],
]

export const RightsizingQuery = Type.Object({
  ...optionalDates('Left out: 14 days before end_date.', 'Left out: now.'),
  profile: Type.Enum([...PROFILE_NAMES], {
    type: 'string',
    default: 'balanced',
    description: 'How careful the recommendations are; krr and kubecost follow the rules of those tools.',
  }),
  action: Type.Optional(
    Type.Enum([...ACTIONS], {
      type: 'string',
      description: 'Only rows with this action.',
      examples: ['decrease'],
    }),
  ),
  min_confidence: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Only rows with at least this confidence.',
      examples: [0.4],
    }),
  ),
  min_saving: Type.Optional(
    Type.Number({
      description: 'Only rows with at least this saving_month, account currency a month.',
      examples: [5],
    }),
  ),
  include_system: Type.Boolean({
    default: false,
    description:
      'Whether workloads of kube-system, kube-public and kube-node-lease, and pods that no workload owns, are rows too.',
  }),
  include_ignored: Type.Boolean({
    default: false,
    description: 'Whether what is on the list of what to ignore makes rows too, and counts in the totals.',
  }),
  ...KNOBS,
  ...CLUSTER_FILTER,
  ...{ k8s_namespace, created_by_kind, created_by_name, k8s_container },
  ...paging(SORTS, 'saving_month'),
  ...FORMAT,
})
