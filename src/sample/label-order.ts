/** In the order of Prometheus' answers: by label names and values, fewer labels first. */
export function sortByLabels<T extends { readonly labels: ReadonlyMap<string, string> }>(
  items: readonly T[],
): T[] {
  const keyed = items.map(item => ({ item, key: [...item.labels].flat().join('\0') }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return keyed.map(({ item }) => item)
}
