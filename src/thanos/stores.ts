import { contract } from './classify.js'
import { decodeEnvelope } from './decode.js'
import { isObject, member } from './json.js'
import type { AnnouncedStore } from './types.js'

/** The stores of `GET /api/v1/stores`, without their addresses and error texts. */
export function decodeStores(text: string, about: string): AnnouncedStore[] {
  const data = member(decodeEnvelope(text, about), 'data') ?? {}
  if (!isObject(data)) throw contract('the list of stores is no list by component', about)
  return Object.entries(data).flatMap(([component, stores]) => {
    if (stores === null) return []
    if (!Array.isArray(stores)) throw contract('the list of stores is no list by component', about)
    return stores.map(store => decodeStore(component, store, about))
  })
}

function decodeStore(component: string, store: unknown, about: string): AnnouncedStore {
  if (!isObject(store)) throw contract('a store is no object', about)
  const lastError = member(store, 'lastError')
  return {
    component,
    isHealthy: lastError === undefined || lastError === null || lastError === '',
    labelSets: decodeLabelSets(member(store, 'labelSets') ?? [], about),
    minTime: decodeTime(member(store, 'minTime'), about),
    maxTime: decodeTime(member(store, 'maxTime'), about),
  }
}

function decodeLabelSets(sets: unknown, about: string): Map<string, string>[] {
  if (!Array.isArray(sets)) throw contract('the label sets of a store are no list', about)
  return sets.map(set => {
    const entries = isObject(set) ? Object.entries(set) : undefined
    const labels = new Map<string, string>()
    for (const [name, value] of entries ?? [['', undefined]]) {
      if (typeof value !== 'string') throw contract('a label set of a store is no map of texts', about)
      labels.set(name, value)
    }
    return labels
  })
}

/** Go's MaxInt64 and MinInt64 (as JSON numbers a little off) say that an end is open. */
const OPEN_END_MS = 9.2e18

function decodeTime(milliseconds: unknown, about: string): number {
  if (typeof milliseconds !== 'number') throw contract('a store has no time range', about)
  if (Math.abs(milliseconds) >= OPEN_END_MS) return milliseconds * Number.POSITIVE_INFINITY
  return milliseconds / 1000
}

/** One set of external labels under which stores announce an account. Times in Unix seconds. */
export interface AnnouncedSet {
  /** Canonical JSON of the sorted `[name, value]` pairs. */
  readonly labelSet: string
  /** The kinds of store that announce it, sorted and joined by a comma: `receive,store`. */
  readonly component: string
  /** What healthy stores cover, ascending and disjoint; the last end may be Infinity. */
  readonly intervals: readonly (readonly [from: number, to: number])[]
  /** The oldest time that any store announces for it, one in error included. Infinity: no data yet. */
  readonly minTime: number
}

/** What has to be there for an account's data to be whole. */
export type RequiredSet = Pick<AnnouncedSet, 'labelSet' | 'minTime'>

/**
 * A store announces the first and last sample that it holds, so two that follow on each other leave about a scrape
 * between them. Half a minute of pod restart on top is still no lost data that a query would show.
 */
export const GAP_SECONDS = 120

/** The label sets that announce the account, sorted by label set; none where no store announces it. */
export function announcedSets(
  stores: readonly AnnouncedStore[],
  tenantLabel: string,
  tenantId: string,
): AnnouncedSet[] {
  const storesOf = new Map<string, AnnouncedStore[]>()
  for (const store of stores) {
    for (const labels of store.labelSets) {
      if (labels.get(tenantLabel) !== tenantId) continue
      const labelSet = canonical(labels)
      storesOf.set(labelSet, [...(storesOf.get(labelSet) ?? []), store])
    }
  }
  return [...storesOf]
    .map(([labelSet, holders]) => ({
      labelSet,
      component: [...new Set(holders.map(store => store.component))].sort().join(','),
      intervals: union(holders.filter(store => store.isHealthy)),
      minTime: Math.min(...holders.map(store => store.minTime)),
    }))
    .sort((left, right) => (left.labelSet < right.labelSet ? -1 : 1))
}

function canonical(labels: ReadonlyMap<string, string>): string {
  return JSON.stringify([...labels].sort(([left], [right]) => (left < right ? -1 : 1)))
}

function union(stores: readonly AnnouncedStore[]): [number, number][] {
  const merged: [number, number][] = []
  // An empty store announces a range that ends before it begins.
  const ranges = stores.filter(store => store.minTime < store.maxTime).sort((a, b) => a.minTime - b.minTime)
  for (const { minTime, maxTime } of ranges) {
    const last = merged.at(-1)
    if (last !== undefined && minTime <= last[1] + GAP_SECONDS) last[1] = Math.max(last[1], maxTime)
    else merged.push([minTime, maxTime])
  }
  return merged
}

/**
 * The label sets whose data is not there for `[windowStart, windowEnd]` (Unix seconds), sorted. Required is what was
 * recorded before (`required`) and what is announced `now`, even by stores in error, from the oldest time known of
 * it on. A set is there when its healthy stores together cover its part of the window.
 */
export function missingSets(
  required: readonly RequiredSet[],
  now: readonly AnnouncedSet[],
  windowStart: number,
  windowEnd: number,
): string[] {
  const sinceOf = new Map<string, number>()
  for (const { labelSet, minTime } of [...required, ...now]) {
    sinceOf.set(labelSet, Math.min(minTime, sinceOf.get(labelSet) ?? Number.POSITIVE_INFINITY))
  }
  const intervalsOf = new Map(now.map(set => [set.labelSet, set.intervals]))
  return [...sinceOf]
    .filter(([labelSet, since]) => {
      if (windowEnd <= since) return false
      const from = Math.max(windowStart, since)
      const covers = ([begin, end]: readonly [number, number]) =>
        begin <= from + GAP_SECONDS && end >= windowEnd
      return !(intervalsOf.get(labelSet) ?? []).some(covers)
    })
    .map(([labelSet]) => labelSet)
    .sort()
}
