import { setImmediate } from 'node:timers/promises'
import { CompiledQuery, type RawBuilder, sql } from 'kysely'
import { toColumns } from '../../db/rightsizing-rows.js'
import { readUsageHistory } from '../../db/usage-history.js'
import type { UsageHistory } from '../../domain/usage.js'
import { PROFILES, type ProfileName } from '../../rightsizing/profiles.js'
import { recommend } from '../../rightsizing/recommend.js'
import type { WindowRange } from '../query/asked.js'
import type { KnobChanges } from '../query/rightsizing.js'
import type { RunQuery } from '../snapshot.js'

/** Recommendations that are to be computed from stored use. */
interface AskedLive {
  readonly cloudAccountId: string
  readonly range: WindowRange
  readonly profile: ProfileName
  readonly knobs: KnobChanges
  /** Unix seconds. */
  readonly now: number
}

/** Containers after which other requests get their turn: some ten milliseconds. */
const CHUNK = 200

/** A table of recommendations computed now from the use in a range, and how many they are. */
export async function liveRows(
  run: RunQuery,
  asked: AskedLive,
): Promise<{ table: RawBuilder<unknown>; count: number }> {
  const { cloudAccountId, range, profile } = asked
  const query = <Row>(text: string, values: readonly unknown[]) =>
    run<Row>(CompiledQuery.raw(text, [...values]) as CompiledQuery<Row>)
  const history = await readUsageHistory(query, { cloudAccountId, ...range })
  const knobs = { ...PROFILES[profile], ...asked.knobs }
  const texts: string[] = []
  for (let start = 0; start < history.rows.length; start += CHUNK) {
    const part: UsageHistory = { ...history, rows: history.rows.slice(start, start + CHUNK) }
    texts.push(...recommend(part, range, knobs).map(one => JSON.stringify(toColumns(one))))
    await setImmediate()
  }
  const table = sql`jsonb_populate_recordset(null::warehouse.rightsizing, ${`[${texts.join(',')}]`}::jsonb)`
  return { table, count: texts.length }
}
