import type { NodeRow } from '../domain/rows.js'
import type { FactName } from '../domain/samples.js'
import type { ContainerHours } from './containers.js'
import { type Hour, readingsOf } from './hour.js'
import type { Tally } from './tally.js'

interface Absence {
  /** Any of them is enough. */
  readonly facts: readonly FactName[]
  readonly code: string
  readonly detail: string
}

/** What leaves columns of containers null where nothing at all tells of it. No cost depends on it. */
const OF_CONTAINERS: readonly Absence[] = [
  {
    facts: ['cpuRequested', 'ramRequested'],
    code: 'requests_not_collected',
    detail: 'kube_pod_container_resource_requests is absent: no requests and no efficiency',
  },
  {
    facts: ['podOwner'],
    code: 'owners_not_collected',
    detail: 'kube_pod_owner is absent: no controllers',
  },
  {
    facts: ['cpuUsedRule', 'cpuUsedCounter'],
    code: 'cpu_usage_not_collected',
    detail:
      'kubecost_container_cpu_usage_irate and container_cpu_usage_seconds_total are absent: no use of CPU',
  },
  {
    facts: ['ramUsed'],
    code: 'ram_usage_not_collected',
    detail: 'container_memory_working_set_bytes is absent: no use of memory',
  },
]

const OF_NODES: readonly Absence[] = [
  {
    facts: ['nodeSpot'],
    code: 'spot_not_collected',
    detail: 'kubecost_node_is_spot is absent: spot machines are not known',
  },
  {
    facts: ['nodeLabels'],
    code: 'node_labels_not_collected',
    detail: 'kube_node_labels is absent: zones and node pools are not known',
  },
]

/** Says why columns are null in every row of a window. */
export function noteAbsences(
  hour: Hour,
  nodes: readonly NodeRow[],
  containers: readonly ContainerHours[],
  tally: Tally,
): void {
  const expected = [...(containers.length > 0 ? OF_CONTAINERS : []), ...(nodes.length > 0 ? OF_NODES : [])]
  for (const { facts, code, detail } of expected) {
    if (facts.every(fact => readingsOf(hour, fact).length === 0)) tally.warn(code, detail)
  }
}
