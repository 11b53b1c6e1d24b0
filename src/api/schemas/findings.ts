import { type Static, Type } from 'typebox'
import { CONFIDENCE_LEVELS, type ConfidenceLevel } from '../../rightsizing/recommendation.js'
import { FINDINGS, type FindingCode } from '../findings/finding.js'
import { IDLE_SHARE } from '../findings/nodes.js'
import { CLUSTER_FILTER, FILTERS, FORMAT, optionalDates, paging } from '../query/parameters.js'
import { Meta, nullable, Page, RangeHead, text, time } from './common.js'

const code = (description: string) =>
  Type.Unsafe<FindingCode>({ type: 'string', enum: [...FINDINGS], description })
const level = (description: string) =>
  Type.Unsafe<ConfidenceLevel>({ type: 'string', enum: [...CONFIDENCE_LEVELS], description })
const number = (description: string) => Type.Number({ description })
const whole = (description: string) => Type.Integer({ description })

/** What shows a finding: an object of its own for each. Closed, so that a value is of one of them only. */
const EVIDENCE = {
  unclaimed_volume: {
    claim: text('Claim that no pod has mounted; null for a volume without one.'),
    storage_class: text('As told; null where it is not.'),
    gib: nullable('Mean capacity, GiB; null where it is not known.'),
    hours: whole('Measured hours for which it holds.'),
  },
  balancer_without_pods: { hours: whole('Measured hours for which it holds.') },
  idle_node: {
    node_pool: text('As told; null where it is not.'),
    instance_type: text('As last told; null where it is not.'),
    hours: whole('Measured hours for which it holds.'),
    highest_cpu_share: number("Most of its CPU that was allocated in any hour, without DaemonSets', 0 to 1."),
    highest_ram_share: number(
      "Most of its memory that was allocated in any hour, without DaemonSets', 0 to 1.",
    ),
    daemonset_cpu_share: number('Mean share of its CPU that is allocated to DaemonSets.'),
    daemonset_ram_share: number('Mean share of its memory that is allocated to DaemonSets.'),
    kept_for: Type.Unsafe<'minimum_nodes' | 'room' | null>({
      type: ['string', 'null'],
      enum: ['minimum_nodes', 'room', null],
      description:
        'Why it has to stay and saves 0: the cluster has no more than minimum_nodes otherwise, or the others at target_utilisation no room for what runs on it. null where it can go.',
    }),
  },
  over_provisioned_group: {
    grouped_by: Type.Unsafe<'node_pool' | 'instance_type' | 'nothing'>({
      type: 'string',
      enum: ['node_pool', 'instance_type', 'nothing'],
      description: 'What the name of the group is.',
    }),
    target_utilisation: number('As asked.'),
    minimum_nodes: whole('As asked.'),
    peak_hour: time('Start of the hour that needs most nodes.'),
    peak_resource: Type.Unsafe<'cpu' | 'ram' | 'gpu' | 'none'>({
      type: 'string',
      enum: ['cpu', 'ram', 'gpu', 'none'],
      description: 'What it needs them for; none where nothing but DaemonSets runs.',
    }),
    peak_cpu_cores: number("Most cores allocated on the average of an hour, without DaemonSets'."),
    peak_ram_gib: number("Most GiB allocated on the average of an hour, without DaemonSets'."),
    peak_gpus: number('Most GPUs allocated on the average of an hour.'),
    daemonset_cpu_cores: number('Cores allocated to DaemonSets on each node, mean.'),
    daemonset_ram_gib: number('GiB allocated to DaemonSets on each node, mean.'),
    node_cpu_cores: number('Capacity of a node, mean.'),
    node_ram_gib: number('Capacity of a node, mean.'),
    needed_cpu_cores: number('(peak_cpu_cores + daemonset_cpu_cores × nodes_needed) ÷ target_utilisation.'),
    needed_ram_gib: number('(peak_ram_gib + daemonset_ram_gib × nodes_needed) ÷ target_utilisation.'),
    nodes_now: whole('Nodes in the newest measured hour.'),
    nodes_needed: whole('Nodes that hold the peaks at the target utilisation.'),
    nodes_idle: whole('Of the surplus, told as idle_node, with their money.'),
    nodes_surplus: whole('Of the surplus, told and counted here.'),
    node_cost_month: number('Mean cost a month of the nodes that are not told as idle, in account currency.'),
  },
  abandoned_workload: {
    controller_kind: Type.String({ description: 'Kind of the workload.' }),
    days: number('Days for which it holds.'),
    pod_hours: number('Hours that its pods ran meanwhile.'),
    cpu_millicores: number('Mean CPU use of a pod, millicores.'),
    traffic_bytes_per_second: number(
      'Mean of what a pod sent and received in the last days (abandoned_days), all ways.',
    ),
    traffic_known_share: number('Share of the days in which all of its traffic is known.'),
    idle_node_share: number(
      'Share of its cost that is on nodes told as idle_node, which is not in its saving_month.',
    ),
  },
  namespace_without_requests: {
    used_core_hours: nullable('CPU used, core-hours; null where not measured.'),
    used_gib_hours: nullable('Memory used, GiB-hours; null where not measured.'),
    containers: whole('Containers of workloads, each once however many pods run it.'),
    share_of_containers: number('Of all of these of the cluster, 0 to 1.'),
    days: whole('Days in which the cluster told of requests.'),
  },
} as const

function evidenceOf<Code extends FindingCode>(finding: Code) {
  return Type.Object(EVIDENCE[finding], {
    title: `Evidence of ${finding}`,
    description: `Of ${finding}.`,
    additionalProperties: false,
  })
}

const Evidence = Type.Union(
  [
    evidenceOf('unclaimed_volume'),
    evidenceOf('balancer_without_pods'),
    evidenceOf('idle_node'),
    evidenceOf('over_provisioned_group'),
    evidenceOf('abandoned_workload'),
    evidenceOf('namespace_without_requests'),
  ],
  { description: 'What shows it: named numbers and short texts, which of them by finding.' },
)

const MEANINGS: Readonly<Record<FindingCode, string>> = {
  unclaimed_volume: 'a volume that nobody claims, or a claim that no pod has mounted in the whole range',
  balancer_without_pods: 'a load balancer before no pod',
  idle_node: `a node whose pods, apart from DaemonSets', took less than ${100 * IDLE_SHARE} % of its CPU and of its memory and no GPU in every hour`,
  over_provisioned_group: 'a node pool or instance type with more nodes than its highest hour needs',
  abandoned_workload: 'a workload that has hardly used CPU and sent nothing beyond its zone for days',
  namespace_without_requests: 'a namespace whose containers ask for neither CPU nor memory',
}

const FindingRow = Type.Object({
  id: Type.String({ description: 'UUID made of the account, the finding and what it is about.' }),
  finding: code(`${FINDINGS.map(one => `${one}: ${MEANINGS[one]}`).join('. ')}.`),
  cluster: Type.String({ description: 'Cluster id; unique within the account only.' }),
  namespace: text('Namespace of what it is about; null for what is in none.'),
  name: Type.String({
    description: 'Volume, service, node, group of nodes, workload or namespace that it is about.',
  }),
  since: time('Start of the first hour of the range from which on it holds without a break.'),
  cost: Type.Number({
    description: 'What it cost from then on within the range, account currency.',
  }),
  saving_month: nullable(
    'What would be saved a month of 730 hours, account currency; null where it is not about money. None is told twice.',
  ),
  evidence: Evidence,
  confidence: Type.Number({
    description:
      'Trust in it, 0 to 1: the hours for which it holds ÷ a week, at most 1, × their measured share.',
  }),
  confidence_level: level('high from 0.75 on, medium from 0.4, low from 0.1.'),
  detail: Type.String({ description: 'A sentence for a person.' }),
})
export type FindingRow = Static<typeof FindingRow>

const saving = Type.Number({ description: 'Sum of their saving_month, account currency.' })

export const FindingsBody = Type.Object({
  ...RangeHead,
  total_count: whole('Rows of the whole filtered set.'),
  saving_month: Type.Number({
    description: 'Sum of saving_month over the whole filtered set, account currency a month.',
  }),
  by_finding: Type.Array(
    Type.Object({
      finding: code('What is found.'),
      count: whole('Rows of the whole filtered set.'),
      saving_month: saving,
      unknown: whole('Things of the clusters asked for of which it cannot be told, as nothing measures it.'),
    }),
    { description: 'Every finding that is asked for, also those that nothing is found of.' },
  ),
  by_confidence: Type.Array(
    Type.Object({
      confidence_level: level('How sure.'),
      count: whole('Rows of the whole filtered set.'),
      saving_month: saving,
    }),
    { description: 'The same rows by how sure they are.' },
  ),
  findings: Type.Array(FindingRow),
  meta: Meta,
  page: Page,
})
export type FindingsBody = Static<typeof FindingsBody>

const SORTS = [
  'saving_month',
  'cost',
  'finding',
  'cluster',
  'namespace',
  'name',
  'since',
  'confidence',
] as const

export const FindingsQuery = Type.Object({
  ...optionalDates('Left out: 14 days before end_date.', 'Left out: now.'),
  finding: Type.Array(
    Type.Unsafe<FindingCode>({
      type: 'string',
      pattern: `^(${FINDINGS.join('|')})$`,
      allowed: `is not one of ${FINDINGS.join(', ')}`,
    }),
    {
      default: [],
      description: 'Only these findings; repeat for any of several.',
      examples: [['idle_node', 'over_provisioned_group']],
    },
  ),
  target_utilisation: Type.Optional(
    Type.Number({
      minimum: 0.05,
      maximum: 1,
      description:
        'Share of a node that is to be allocated in the highest hour, 0.65 unless told; 0.8 suits development, 0.5 what has to be highly available.',
      examples: [0.65],
    }),
  ),
  minimum_nodes: Type.Integer({
    minimum: 0,
    maximum: 1000,
    default: 2,
    description:
      'Nodes that a cluster keeps however little it runs: 1 suits development, 3 high availability.',
  }),
  abandoned_days: Type.Integer({
    minimum: 1,
    maximum: 400,
    default: 7,
    description: 'Days for which a workload has to be quiet to count as abandoned.',
  }),
  min_saving: Type.Optional(
    Type.Number({
      description: 'Only rows with at least this saving_month, account currency a month.',
      examples: [5],
    }),
  ),
  min_confidence: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description:
        'Only rows with at least this confidence: 0.1 unless told, which is some 17 hours. meta.warnings says how many are left out.',
      examples: [0.4],
    }),
  ),
  ...CLUSTER_FILTER,
  k8s_namespace: FILTERS.k8s_namespace,
  ...paging(SORTS, 'saving_month'),
  ...FORMAT,
})
