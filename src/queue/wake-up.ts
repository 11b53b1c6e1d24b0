import { createHash } from 'node:crypto'
import { parseUuid } from '../domain/account.js'
import { DAY_SECONDS, dayOf } from '../domain/window.js'
import { NamedError } from '../errors.js'

/**
 * All that travels through the queue: look at the ledger for this day of this cluster. Losing one loses no data, as
 * the ledger tells at any time what is due.
 */
export interface WakeUp {
  readonly version: 1
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Start of a UTC day, Unix seconds. */
  readonly day: number
}

const KEYS = ['version', 'cloudAccountId', 'clusterId', 'day']
const FIRST_DAY = Date.UTC(2015, 0, 1) / 1000
const END_OF_DAYS = Date.UTC(2100, 0, 1) / 1000
const LONGEST_CLUSTER_ID = 1024

/** Checks a payload as the hostile input it may be; throws USAGE. What it holds is not repeated in the message. */
export function readWakeUp(data: unknown): WakeUp {
  const problem = problemOf(data)
  if (problem !== undefined) throw new NamedError('USAGE', `Refused a queued job: ${problem}.`)
  return data as WakeUp
}

function problemOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'its payload is not an object'
  const { version, cloudAccountId, clusterId, day } = data as Record<string, unknown>
  if (version !== 1) return 'its version is not 1; another release may have queued it'
  if (Object.keys(data).some(key => !KEYS.includes(key))) return 'it has fields that version 1 does not know'
  if (typeof cloudAccountId !== 'string' || parseUuid(cloudAccountId) !== cloudAccountId) {
    return 'its cloudAccountId is not a UUID in lower case'
  }
  // Empty is what the series of a cluster have that sends no name.
  if (typeof clusterId !== 'string' || clusterId.length > LONGEST_CLUSTER_ID) {
    return `its clusterId is not a text of at most ${LONGEST_CLUSTER_ID} characters`
  }
  if (clusterId.includes('\0')) return 'its clusterId holds a NUL character'
  if (typeof day !== 'number' || !Number.isSafeInteger(day) || dayOf(day) !== day) {
    return 'its day is not the Unix time of a UTC midnight'
  }
  if (day < FIRST_DAY || day >= END_OF_DAYS) return 'its day lies outside 2015 to 2099'
  return undefined
}

/** Same key, same id: a day that already waits is not queued twice. Never all digits and without a colon. */
export function jobIdOf({ cloudAccountId, clusterId, day }: WakeUp): string {
  const key = createHash('sha256')
    .update(JSON.stringify([cloudAccountId, clusterId, day]))
    .digest('hex')
  return `day-${key.slice(0, 40)}`
}

/** The newest day goes first, so that a backfill never holds up live windows; smaller is sooner. */
export function priorityOf({ day }: WakeUp): number {
  return (END_OF_DAYS - day) / DAY_SECONDS
}
