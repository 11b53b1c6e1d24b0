import type { CloudAccount } from '../domain/account.js'
import type { Series } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { equals, noneOf, oneOf } from '../thanos/promql.js'
import type { ThanosClient } from '../thanos/types.js'
import { type CatalogueQuery, nameMatcher } from './query.js'

/** Whose series are asked for, and through what. */
export interface Source {
  readonly client: ThanosClient
  readonly account: CloudAccount
  readonly clusterId: string
  /** Name of the tenant label, `tenant_id` unless configured otherwise. */
  readonly tenantLabel: string
  readonly signal?: AbortSignal
  /** Told of a metric of which the engine said that it left something out. */
  readonly onFlagged?: (metric: string) => void
}

/** Labels that stand in every `by (…)`, so that each series can be checked to be this account's and cluster's. */
export function identityLabels(source: Pick<Source, 'tenantLabel'>): string {
  return `${source.tenantLabel},cluster_id`
}

/** The matchers of the account and cluster, the inside of the braces. */
export function sourceMatchers(source: Source): string {
  return `${equals(source.tenantLabel, source.account.tenantId)},${equals('cluster_id', source.clusterId)}`
}

/**
 * Asks a catalogue query over contiguous windows, one point per series and hour or step. When Thanos says that it is too
 * much, or the answer is too big, the hours are halved, then the namespaces; a single namespace of a single hour that
 * is still too much is the caller's to report.
 */
export async function askHours(
  source: Source,
  query: CatalogueQuery,
  first: Window,
  last: Window,
  extraMatchers = '',
): Promise<Series[]> {
  try {
    return await askOnce(source, query, first, last, extraMatchers)
  } catch (error) {
    if (!isTooMuch(error)) throw error
    if (first < last) {
      const [early, late] = halves(first, last)
      return [
        ...(await askHours(source, query, ...early, extraMatchers)),
        ...(await askHours(source, query, ...late, extraMatchers)),
      ]
    }
    if (query.shardLabel === undefined || extraMatchers !== '') throw error
    return await askByNamespace(source, query, first, error)
  }
}

/** A time-out that outlived the client's own tries is taken for too much work as well. */
export function isTooMuch(error: unknown): error is NamedError {
  return error instanceof NamedError && (error.remedy === 'split' || error.code === 'THANOS_TIMEOUT')
}

/** True of what `askHours` ends with where no question is small enough to be answered. */
export function isBeyondLimits(error: unknown): error is NamedError {
  return isTooMuch(error) || (error instanceof NamedError && isTooMuch(error.cause))
}

/** Two ranges of windows, first and last of each, for one of at least two windows. */
export function halves(first: Window, last: Window): [[Window, Window], [Window, Window]] {
  const hours = (last - first) / HOUR_SECONDS
  const middle = (first + Math.floor(hours / 2) * HOUR_SECONDS) as Window
  return [
    [first, middle],
    [windowEnd(middle) as Window, last],
  ]
}

async function askOnce(
  source: Source,
  query: CatalogueQuery,
  first: Window,
  last: Window,
  extra: string,
): Promise<Series[]> {
  const step = query.stepSeconds ?? HOUR_SECONDS
  const answer = await source.client.queryRange({
    account: source.account,
    expression: query.expression(`${sourceMatchers(source)}${extra}`, identityLabels(source)),
    start: first + step,
    end: windowEnd(last),
    step,
    ...(source.signal ? { signal: source.signal } : {}),
  })
  if (answer.annotations.warning > 0) source.onFlagged?.(query.metric)
  refuseOtherCluster(source, query.metric, answer.series)
  return [...answer.series]
}

/** Rejects an answer that holds series of another cluster than was asked for. */
export function refuseOtherCluster(source: Source, metric: string, answer: readonly Series[]): void {
  for (const series of answer) {
    if ((series.labels.get('cluster_id') ?? '') === source.clusterId) continue
    throw new NamedError(
      'THANOS_CONTRACT',
      `account ${source.account.cloudAccountId}: ${metric} of another cluster came back for cluster "${source.clusterId}"; nothing of it is loaded`,
    )
  }
}

/** One hour, namespace by namespace: groups of about equal size, and a rest shard for what appeared meanwhile. */
async function askByNamespace(
  source: Source,
  query: CatalogueQuery,
  window: Window,
  refusal: NamedError,
): Promise<Series[]> {
  const weights = await namespaceWeights(source, query, window)
  if (weights.length === 0) throw tooMuch(source, query, refusal)
  const names = weights.map(([name]) => name)
  const found = await askGroup(source, query, window, weights)
  const rest = await askOnce(source, query, window, window, `,${noneOf('namespace', names)}`)
  return [...found, ...rest]
}

async function askGroup(
  source: Source,
  query: CatalogueQuery,
  window: Window,
  group: readonly (readonly [string, number])[],
): Promise<Series[]> {
  if (group.length > 1) {
    const [heavy, light] = halve(group)
    return [
      ...(await askShard(source, query, window, heavy)),
      ...(await askShard(source, query, window, light)),
    ]
  }
  return askShard(source, query, window, group)
}

async function askShard(
  source: Source,
  query: CatalogueQuery,
  window: Window,
  group: readonly (readonly [string, number])[],
): Promise<Series[]> {
  try {
    return await askOnce(
      source,
      query,
      window,
      window,
      `,${oneOf(
        'namespace',
        group.map(([name]) => name),
      )}`,
    )
  } catch (error) {
    if (!isTooMuch(error)) throw error
    if (group.length === 1) throw error.remedy === 'split' ? tooMuch(source, query, error) : error
    return askGroup(source, query, window, group)
  }
}

/** Splits by weight, heaviest first into the lighter half, so that both halves are about equally big. */
function halve(group: readonly (readonly [string, number])[]) {
  const halves: [[string, number][], [string, number][]] = [[], []]
  const sums = [0, 0]
  for (const [name, weight] of [...group].sort((a, b) => b[1] - a[1])) {
    const side = (sums[0] ?? 0) <= (sums[1] ?? 0) ? 0 : 1
    halves[side].push([name, weight])
    sums[side] = (sums[side] ?? 0) + weight
  }
  return halves
}

/** Namespaces and how many series each has; where even counting is too much, all of them count alike. */
async function namespaceWeights(
  source: Source,
  query: CatalogueQuery,
  window: Window,
): Promise<[string, number][]> {
  try {
    return await countedNamespaces(source, query, window)
  } catch (error) {
    if (!isTooMuch(error)) throw error
    const names = await source.client.labelValues({
      account: source.account,
      label: 'namespace',
      matchers: `${nameMatcher(query)},${sourceMatchers(source)}`,
      start: window,
      end: windowEnd(window),
      ...(source.signal ? { signal: source.signal } : {}),
    })
    return names.map(name => [name, 1])
  }
}

async function countedNamespaces(
  source: Source,
  query: CatalogueQuery,
  window: Window,
): Promise<[string, number][]> {
  const identity = identityLabels(source)
  const answer = await source.client.queryRange({
    account: source.account,
    expression: `count by (${identity},namespace) (count_over_time({${nameMatcher(query)},${sourceMatchers(source)}}[1h] offset 1ms))`,
    start: windowEnd(window),
    end: windowEnd(window),
    step: HOUR_SECONDS,
    ...(source.signal ? { signal: source.signal } : {}),
  })
  return answer.series.map(series => [series.labels.get('namespace') ?? '', series.values[0] ?? 1])
}

function tooMuch(source: Source, query: CatalogueQuery, cause: NamedError): NamedError {
  return new NamedError(
    'THANOS_CONTRACT',
    `account ${source.account.cloudAccountId}, cluster "${source.clusterId}": ${query.metric} of one namespace and one hour is more than Thanos or the size limit allows; raise the limits of the store or of the query`,
    { cause },
  )
}
