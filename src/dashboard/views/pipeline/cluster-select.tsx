import { useReadAll } from '../../api/use-read-all.js'
import { type Filter, shownValue } from '../../state/filters.js'
import { useFilters } from '../../state/use-state.js'
import { Select } from '../../ui/select.js'

const ALL = ''
/** Filters that choose otherwise than one of the names. */
const OTHERWISE = '\0'

/** Chooses all clusters or one of them, as the filter by cluster in the URL. */
export function ClusterSelect() {
  const [filters, setFilters] = useFilters()
  const { data } = useReadAll('status', { sort: 'cluster', order: 'asc' })
  const others = filters.filter(({ dimension }) => dimension !== 'cluster')
  const chosen = filters.filter(({ dimension }) => dimension === 'cluster')
  const [first] = chosen
  const one = chosen.length === 1 && first !== undefined && !first.isExcluded ? first.value : null
  const names = new Set(data?.status.map(({ cluster }) => cluster) ?? [])
  if (one !== null) names.add(one)
  const value = one ?? (chosen.length === 0 ? ALL : OTHERWISE)
  const options: [string, string][] = [[ALL, 'All clusters'], ...[...names].map(pair)]
  if (value === OTHERWISE) options.push([OTHERWISE, chosen.map(printed).join(', ')])
  function choose(name: string): void {
    if (name === OTHERWISE) return
    setFilters(name === ALL ? others : [...others, { dimension: 'cluster', value: name, isExcluded: false }])
  }
  return <Select label="Cluster" value={value} options={options} onChange={choose} />
}

const pair = (name: string): [string, string] => [name, shownValue(name)]

const printed = ({ value, isExcluded }: Filter): string =>
  isExcluded ? `not ${shownValue(value)}` : shownValue(value)
