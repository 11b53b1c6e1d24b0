import type pg from 'pg'
import { formatMoney } from '../domain/money.js'
import type { CheckResult } from '../domain/rows.js'
import { HOUR_SECONDS } from '../domain/window.js'
import type { WindowContent } from './content.js'
import { keyOf, THIS_WINDOW, type WindowKey } from './window-key.js'

/** How a window was read. */
export interface SourceReading {
  /** Label sets of the stores that announced the account when it was read. */
  readonly storeSets: readonly string[]
  /** Unix seconds. */
  readonly readAt: number
  /** Unix seconds; null when the window is settled. */
  readonly nextReadAt: number | null
}

/** Below this share of the expected heartbeat a window says that its cluster was silent. */
const WHOLE_COVERAGE = 0.95
/** Suspect answers in a row, an hour apart and then longer up to a day, after which a window is left alone. */
const SUSPECT_TRIES = 8

/** Part of a SET list; each `?` stands for the next of the values. */
type Assignment = readonly [text: string, ...values: unknown[]]

/** Ends a claim whose content equals what is there. What the content cannot tell of the window is noted all the same. */
export async function noteUnchanged(
  client: pg.ClientBase,
  window: WindowKey,
  content: WindowContent,
  reading: SourceReading | undefined,
): Promise<void> {
  await update(client, nameOf('note-unchanged', reading), window, [
    ...judgement(content, reading),
    // Checks that others made of this version stay true as well.
    [`checks = coalesce(checks, '{}') || ?::jsonb`, checksJson(content.source.checks)],
  ])
}

/** Ends a claim whose content has taken the place of what was there. */
export async function noteLoaded(
  client: pg.ClientBase,
  window: WindowKey,
  content: WindowContent,
  hash: Buffer,
  reading: SourceReading | undefined,
): Promise<void> {
  const { source, facts, totals } = content
  await update(client, nameOf('note-loaded', reading), window, [
    ...judgement(content, reading),
    [`state = 'loaded', revision = revision + 1, loaded_at = now(), content_hash = ?`, hash],
    [
      'coverage = ?, samples_seen = ?, samples_expected = ?',
      source.coverage,
      source.samplesSeen,
      source.samplesExpected,
    ],
    ['source_samples = ?, checks = ?', source.sourceSamples, checksJson(source.checks)],
    ['allocation_rows = ?, node_rows = ?', facts.allocations.length, facts.nodes.length],
    ['asset_cost = ?, allocated_cost = ?', formatMoney(totals.asset), formatMoney(totals.allocated)],
    ['idle_cost = ?, unmounted_cost = ?', formatMoney(totals.idle), formatMoney(totals.unmounted)],
    ['management_cost = ?, network_cost = ?', formatMoney(totals.management), formatMoney(totals.network)],
    ['unallocated_cost = ?', formatMoney(totals.unallocated)],
  ])
}

/** Ends a claim whose reading was poorer than what is there. */
export async function noteSuspect(
  client: pg.ClientBase,
  window: WindowKey,
  readAt: number,
  detail: string,
): Promise<void> {
  await update(client, 'note-suspect', window, [
    [`read_at = to_timestamp(?), reason = 'suspect', reason_detail = ?`, readAt, detail],
    ['claimed_by = null, lease_until = null, failures = failures + 1, terminal_failures = 0'],
    ['error_code = null, error_message = null'],
    [
      `next_read_at = case when failures + 1 < ${SUSPECT_TRIES}
         then to_timestamp(? + least(86400, ${HOUR_SECONDS} * power(2, failures))) end`,
      readAt,
    ],
  ])
}

function judgement({ source }: WindowContent, reading: SourceReading | undefined): Assignment[] {
  const { coverage, samplesSeen, samplesExpected, intervals, warnings, rejects } = source
  const isSilent = coverage < WHOLE_COVERAGE
  const reason = isSilent ? 'source_silent' : null
  const detail = isSilent ? `${samplesSeen} of ${samplesExpected} heartbeat samples` : null
  const found: Assignment[] = [
    ['intervals = ?, warnings = ?', JSON.stringify(intervals), JSON.stringify(warnings)],
    ['rejects = ?', rejects.reduce((sum, reject) => sum + reject.count, 0)],
    ['claimed_by = null, lease_until = null'],
  ]
  if (reading === undefined) {
    // What a later reading met, computing again neither mends nor knows.
    const isOwn = `reason is null or reason = 'source_silent'`
    return [
      ...found,
      [`reason = case when ${isOwn} then ? else reason end`, reason],
      [`reason_detail = case when ${isOwn} then ? else reason_detail end`, detail],
    ]
  }
  return [
    ...found,
    ['reason = ?, reason_detail = ?', reason, detail],
    ['read_at = to_timestamp(?), next_read_at = to_timestamp(?)', reading.readAt, reading.nextReadAt],
    ['store_sets = ?', JSON.stringify(reading.storeSets)],
    ['failures = 0, terminal_failures = 0, error_code = null, error_message = null'],
  ]
}

/** By name. Of several results of one check the one that failed counts. */
function checksJson(checks: readonly CheckResult[]): string {
  const byName = new Map<string, Omit<CheckResult, 'check'>>()
  for (const { check, ...result } of checks) {
    if (byName.get(check)?.ok !== false) byName.set(check, result)
  }
  return JSON.stringify(Object.fromEntries(byName))
}

/** A prepared statement has one text for ever. */
function nameOf(note: string, reading: SourceReading | undefined): string {
  return reading === undefined ? `${note}-again` : note
}

async function update(
  client: pg.ClientBase,
  name: string,
  window: WindowKey,
  assignments: readonly Assignment[],
): Promise<void> {
  const values: unknown[] = keyOf(window)
  const list = assignments.map(([text, ...own]) => {
    const before = values.length
    values.push(...own)
    let used = before
    return text.replaceAll('?', () => `$${++used}`)
  })
  await client.query({
    name,
    text: `update warehouse.window_ledger set ${list.join(', ')} where ${THIS_WINDOW}`,
    values,
  })
}
