/** What costs are broken down by, in the order in which one looks deeper, and what they are called on the page. */
export const DIMENSIONS = {
  cluster: { title: 'Cluster', parameter: 'k8s_cluster' },
  namespace: { title: 'Namespace', parameter: 'k8s_namespace' },
  controller_kind: { title: 'Controller kind', parameter: 'created_by_kind' },
  controller: { title: 'Controller', parameter: 'created_by_name' },
  pod: { title: 'Pod', parameter: 'k8s_pod' },
  container: { title: 'Container', parameter: 'k8s_container' },
  node: { title: 'Node', parameter: 'k8s_node' },
} as const

export type NamedDimension = keyof typeof DIMENSIONS

/** A dimension as `breakdown_by` and `filters` of the API name it. */
export type Dimension = NamedDimension | `label:${string}`

/** What advice on requests can be filtered by. */
const ADVISED: ReadonlySet<Dimension> = new Set<Dimension>([
  'cluster',
  'namespace',
  'controller_kind',
  'controller',
  'container',
])

export const isAdvised = (dimension: Dimension): boolean => ADVISED.has(dimension)

/** The value that stands for "has none" in filters of the API. */
export const HAS_NONE = '00000000-0000-0000-0000-000000000000'

const LABEL = 'label:'

export function isDimension(text: string): text is Dimension {
  return Object.hasOwn(DIMENSIONS, text) || (text.startsWith(LABEL) && text.length > LABEL.length)
}

/** The name of a label's dimension; null for others. */
export function labelOf(dimension: Dimension): string | null {
  return dimension.startsWith(LABEL) ? dimension.slice(LABEL.length) : null
}

export function titleOf(dimension: Dimension): string {
  const label = labelOf(dimension)
  return label === null ? DIMENSIONS[dimension as NamedDimension].title : `Label ${label}`
}

/** The parameter of the API, and of the page's URL, that filters by it. */
export function parameterOf(dimension: Dimension): string {
  const label = labelOf(dimension)
  return label === null ? DIMENSIONS[dimension as NamedDimension].parameter : `label.${label}`
}

export function dimensionOf(parameter: string): Dimension | null {
  if (parameter.startsWith('label.') && parameter.length > 6) return `label:${parameter.slice(6)}`
  for (const [dimension, known] of Object.entries(DIMENSIONS)) {
    if (known.parameter === parameter) return dimension as NamedDimension
  }
  return null
}
