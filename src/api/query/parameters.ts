import { Type } from 'typebox'

/** The values that a filter takes: any of these; `!` excludes; the all-zero UUID stands for "has none". */
const VALUE = { type: 'string', maxLength: 4096 }

export const MISSING_ID = '00000000-0000-0000-0000-000000000000'
const END_OF_YEAR_9999 = 253_402_300_799
// Prometheus knows no other characters in a label name that came from Kubernetes; there a name has up to 317.
const LABEL_NAME = '[A-Za-z0-9_]{1,400}'
const LABEL_NAME_RULE = 'a label name has letters, digits and _ only, as in Prometheus, without label_'
export const LABEL_BREAKDOWN = 'label:'

export const DIMENSIONS = [
  'cluster',
  'node',
  'namespace',
  'controller_kind',
  'controller',
  'pod',
  'container',
] as const
export type Dimension = (typeof DIMENSIONS)[number]
type LabelBreakdown = `label:${string}`
/** What makes a row: a dimension, or a label by its name as in Prometheus, without `label_`. */
export type Breakdown = Dimension | LabelBreakdown

const BREAKDOWN = {
  type: 'string',
  pattern: `^(${DIMENSIONS.join('|')}|${LABEL_BREAKDOWN}${LABEL_NAME})$`,
  allowed: `is not one of ${DIMENSIONS.join(', ')}, ${LABEL_BREAKDOWN}<name>; ${LABEL_NAME_RULE}`,
}

/** In place of a dimension: the names of the labels that there are. */
export const LABEL_NAMES = 'label'

export const DIMENSION = {
  dimension: Type.Unsafe<Breakdown | typeof LABEL_NAMES>({
    ...BREAKDOWN,
    pattern: `^(${DIMENSIONS.join('|')}|${LABEL_NAMES}|${LABEL_BREAKDOWN}${LABEL_NAME})$`,
    allowed: `is not one of ${[...DIMENSIONS, LABEL_NAMES].join(', ')}, ${LABEL_BREAKDOWN}<name>; ${LABEL_NAME_RULE}`,
    description: `Of what values are wanted: a name as in breakdown_by, or ${LABEL_NAMES} alone for the names of labels.`,
    examples: ['namespace', 'label', 'label:team'],
  }),
}

export const STEPS = ['all', 'hour', 'day', 'week', 'month'] as const
export type Step = (typeof STEPS)[number]

function filter(description: string, examples: string[][]) {
  return Type.Array(Type.Unsafe<string>(VALUE), {
    examples,
    default: [],
    description: `${description} Repeat for any of several; a value that starts with ! excludes; the all-zero UUID stands for "has none".`,
  })
}

const moment = { minimum: 0, maximum: END_OF_YEAR_9999 }

const startDate = {
  ...moment,
  description:
    'Unix seconds, UTC. Every window (UTC hour) that ends after it and starts before end_date is in the answer.',
  examples: [1772409600],
}
const endDate = {
  ...moment,
  description: 'Unix seconds, UTC; not before start_date, and at most 400 days after it.',
  examples: [1772496000],
}

/** Dates that may be left out; `start` and `end` say what then holds. */
export function optionalDates(start: string, end: string) {
  return {
    start_date: Type.Optional(
      Type.Integer({ ...startDate, description: `${startDate.description} ${start}` }),
    ),
    end_date: Type.Optional(Type.Integer({ ...endDate, description: `${endDate.description} ${end}` })),
  }
}

export const DATES = { start_date: Type.Integer(startDate), end_date: Type.Integer(endDate) }

export const CLUSTER_FILTER = { k8s_cluster: filter('Cluster id.', [['cluster-one']]) }

export const FILTERS = {
  ...CLUSTER_FILTER,
  k8s_namespace: filter('Namespace.', [['shop'], ['shop', 'media'], ['!kube-system']]),
  k8s_node: filter('Name of the node.', [['node-1']]),
  created_by_kind: filter('Kind of the controller.', [['Deployment'], ['!DaemonSet']]),
  created_by_name: filter('Name of the controller.', [['web'], [MISSING_ID]]),
  k8s_pod: filter('Name of the pod.', [['web-6d5f8c7b9-x2x4z']]),
  k8s_container: filter('Name of the container.', [['nginx']]),
  label: Type.Unsafe<ReadonlyMap<string, string[]>>({
    type: 'object',
    patternProperties: {
      [`^label\\.${LABEL_NAME}$`]: { type: 'array', items: VALUE },
    },
    maxProperties: 10,
    examples: [{ 'label.team': 'red' }],
    allowed: LABEL_NAME_RULE,
    additionalProperties: false,
    description:
      'Filters by labels of the pod, each a parameter `label.<name>`, the name as in Prometheus without label_: `label.team=red`. Values as in the other filters; ten labels at most.',
  }),
}

export const BREAKDOWN_BY = {
  breakdown_by: Type.Array(Type.Unsafe<Breakdown>(BREAKDOWN), {
    default: ['namespace'],
    maxItems: 2,
    description:
      'What makes a row; repeat for two dimensions. A label is named `label:<name>`, as in Prometheus without label_.',
    examples: [['namespace'], ['cluster', 'controller'], ['label:team']],
  }),
}

export const STEP = {
  step: Type.Enum([...STEPS], {
    type: 'string',
    default: 'all',
    description: 'One row for the whole range, or one per UTC hour, day, week (from Monday) or month.',
  }),
}

export const IDLE = {
  idle: Type.Enum(['separate', 'hide', 'share'], {
    type: 'string',
    default: 'separate',
    description:
      'Node cost that no container was charged for: rows of its own, left out, or shared out over the rows in proportion to their cost of CPU, memory and GPU, hour by hour and before any filter.',
  }),
  idle_by: Type.Enum(['cluster', 'node'], {
    type: 'string',
    default: 'cluster',
    description: 'With idle=share: within what idle cost is shared out.',
  }),
}

export const SHARING = {
  share_namespaces: Type.Array(
    Type.Unsafe<string>({
      type: 'string',
      maxLength: 253,
      allowed: 'is too long',
    }),
    {
      default: [],
      maxItems: 100,
      examples: [['kube-system', 'monitoring']],
      description:
        "Namespaces whose workloads' cost is spread over the other rows of their cluster, within each step and before any filter.",
    },
  ),
  share_split: Type.Enum(['weighted', 'even'], {
    type: 'string',
    default: 'weighted',
    description: 'In proportion to the cost of the rows, or the same for each row.',
  }),
}

/** Order and paging; `sorts` are the fields that rows can be sorted by. */
export function paging<Sort extends string>(sorts: readonly Sort[], sort: NoInfer<Sort>) {
  return {
    sort: Type.Enum([...sorts], {
      type: 'string',
      default: sort,
      description: 'Field to sort by; ties by id, rows without a value last.',
    }),
    order: Type.Enum(['asc', 'desc'], {
      type: 'string',
      default: 'desc',
      description: 'Direction of the sort.',
    }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Rows of a page.' }),
    cursor: Type.Optional(
      Type.String({
        description:
          'page.next of the answer before, for the page after it. It holds for that query and version of the data only.',
      }),
    ),
  }
}

export const FORMAT = {
  format: Type.Enum(['json', 'csv'], {
    type: 'string',
    default: 'json',
    refusal: 'OE0473',
    description:
      'csv gives all rows, whatever limit says, as RFC 4180 text; so does Accept: text/csv where this is left out.',
  }),
}

export function isByLabel(breakdown: string): breakdown is LabelBreakdown {
  return breakdown.startsWith(LABEL_BREAKDOWN)
}

export function labelOf(breakdown: LabelBreakdown): string {
  return breakdown.slice(LABEL_BREAKDOWN.length)
}
