import { createHash } from 'node:crypto'

/** Characters kept of a label; the rest is represented by a digest, so that two long labels stay two. */
export const LABEL_CAP = 16_384
const DIGEST_LENGTH = 16

export interface LabelCounts {
  cutLabels: number
  strippedLabels: number
}

/**
 * A label set fit for storing: NUL, which Postgres cannot hold, removed, and no text longer than `LABEL_CAP`. Empty
 * values are left out, being the same as an absent label. `counts` is added to.
 */
export function cleanLabels(entries: Iterable<[string, string]>, counts: LabelCounts): Map<string, string> {
  // A Map, because an object would lose a label of the name `__proto__`.
  const labels = new Map<string, string>()
  for (const [name, value] of entries) {
    const clean = cleanText(value, counts)
    if (clean !== '') labels.set(cleanText(name, counts), clean)
  }
  return labels
}

function cleanText(text: string, counts: LabelCounts): string {
  let clean = text
  if (clean.includes('\0')) {
    clean = clean.replaceAll('\0', '')
    counts.strippedLabels++
  }
  if (clean.length <= LABEL_CAP) return clean
  counts.cutLabels++
  const digest = createHash('sha256').update(clean).digest('hex').slice(0, DIGEST_LENGTH)
  // Half of a surrogate pair at the end would not survive UTF-8.
  const head = clean.slice(0, LABEL_CAP - DIGEST_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')
  return `${head}~${digest}`
}

/** One string per label set, whatever the order of its labels. */
export function labelKey(labels: ReadonlyMap<string, string>): string {
  let key = ''
  let previous = ''
  for (const [name, value] of labels) {
    // Servers send labels sorted; sorting again is for those that don't.
    if (name < previous) return sortedKey(labels)
    previous = name
    key += `${name}\0${value}\0`
  }
  return key
}

function sortedKey(labels: ReadonlyMap<string, string>): string {
  const names = [...labels.keys()].sort()
  return names.map(name => `${name}\0${labels.get(name) ?? ''}\0`).join('')
}
