import { northCluster } from './cluster-north.js'
import { shopCluster } from './cluster-shop.js'
import { stageCluster } from './cluster-stage.js'
import { seriesOfCluster } from './emit.js'
import type { AccountModel, LateSamples, Span } from './model.js'
import type { SeriesModel } from './series.js'

export interface EstateOptions {
  /** Unix seconds of a whole hour. */
  readonly start: number
  /** Unix seconds; nothing is said of what comes later. */
  readonly end: number
  readonly seed?: number
  /** Seconds between the samples of Kubecost and cAdvisor. */
  readonly intervalSeconds?: number
  /** Seconds past the interval at which samples are taken. */
  readonly offsetSeconds?: number
  /** What the server doesn't answer before it has arrived; the truth knows it all the same. None by default. */
  readonly late?: readonly LateSamples[]
}

/** Kubernetes clusters of some accounts over a span of time, known exactly. */
export interface Estate extends Span {
  readonly intervalSeconds: number
  readonly offsetSeconds: number
  readonly accounts: readonly AccountModel[]
  readonly late: readonly LateSamples[]
  /** All series of one account; made once. Throws for an account that the estate doesn't have. */
  series(cloudAccountId: string): readonly SeriesModel[]
}

export const SHOP_ACCOUNT = '3f6e1a52-8c0b-4d8e-9a77-0c1d5b2e4f61'
export const NORTH_ACCOUNT = 'b81d44c7-52f9-4a0e-8f3b-6e2a90d7c315'

/**
 * The sample estate: two accounts, three clusters, seventeen node names. All that happens is tied to UTC days and to the
 * seed, never to `start` and `end`, so two estates agree wherever they overlap.
 */
export function createEstate(options: EstateOptions): Estate {
  const bounds = { from: options.start, to: options.end }
  const seed = options.seed ?? 1
  return assembleEstate(options, [
    {
      cloudAccountId: SHOP_ACCOUNT,
      name: 'Aurora Shop',
      tenantId: SHOP_ACCOUNT,
      currency: 'USD',
      kubernetesId: null,
      clusters: [shopCluster(seed, bounds), stageCluster(seed, bounds)],
    },
    {
      cloudAccountId: NORTH_ACCOUNT,
      name: 'Nordlicht GmbH',
      tenantId: NORTH_ACCOUNT,
      currency: 'EUR',
      kubernetesId: null,
      clusters: [northCluster(seed, bounds)],
    },
  ])
}

/** Puts accounts on a sampling grid. Start has to be a whole hour and the interval a whole number of seconds. */
export function assembleEstate(options: EstateOptions, accounts: readonly AccountModel[]): Estate {
  const intervalSeconds = options.intervalSeconds ?? 60
  const offsetSeconds = options.offsetSeconds ?? 0
  if (options.start % 3600 !== 0 || options.end <= options.start) {
    throw new RangeError(
      `estate from ${options.start} to ${options.end}: start has to be a whole UTC hour before the end`,
    )
  }
  if (!Number.isInteger(intervalSeconds) || intervalSeconds < 2 || !Number.isInteger(offsetSeconds)) {
    throw new RangeError(
      `estate sampled every ${intervalSeconds} s + ${offsetSeconds} s: whole seconds are needed`,
    )
  }
  const bounds = { from: options.start, to: options.end }
  const made = new Map<string, SeriesModel[]>()
  return {
    ...bounds,
    intervalSeconds,
    offsetSeconds,
    accounts,
    late: options.late ?? [],
    series(cloudAccountId) {
      const known = made.get(cloudAccountId)
      if (known) return known
      const account = accounts.find(one => one.cloudAccountId === cloudAccountId)
      if (!account) throw new RangeError(`the estate has no account ${cloudAccountId}`)
      const grid = { interval: intervalSeconds, offset: offsetSeconds }
      const series = account.clusters.flatMap(cluster => seriesOfCluster(account, cluster, grid, bounds))
      made.set(cloudAccountId, series)
      return series
    },
  }
}
