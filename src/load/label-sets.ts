import type pg from 'pg'
import type { Labels } from '../domain/rows.js'
import { NamedError } from '../errors.js'
import { copyRows } from './copy-binary.js'
import { type Cluster, canonicalLabels, type Dimension, keyOfParts } from './dimensions.js'

const KEY_VERSION = '1'
/** Name and value stand in one index entry, which has to fit a third of a page. */
const LONGEST_INDEXED_BYTES = 1000

/** Labels of pods, shared by all hours and pods that have the same. */
export interface LabelSet {
  readonly labels: Labels
  /** Canonical JSON. */
  readonly json: string
}

export const LABEL_SETS: Dimension<LabelSet> = {
  table: 'label_set',
  key: 'label_set_key',
  isOfCluster: false,
  columns: ['labels'],
  partsOf: ({ json }) => [json],
}

export const LABEL_PAIR_STAGE =
  'create temp table if not exists stage_label_pair (label text not null, value text not null, label_set_key bigint not null)'

/** The same for the same labels in whatever order, and for every cluster of the account. */
export function labelSetKey(cloudAccountId: string, json: string): bigint {
  return keyOfParts([KEY_VERSION, cloudAccountId, json])
}

/** Canonical JSON; throws where PostgreSQL could not store it. */
export function labelsJson(labels: Labels): string {
  for (const [name, value] of labels) {
    // jsonb has no escape for NUL, and UTF-8 has no half of a surrogate pair.
    const wrong = [name, value].find(text => /[\0\p{Surrogate}]/u.test(text))
    if (wrong !== undefined)
      throw new NamedError(
        'TRANSFORM_FAILED',
        `A label holds NUL or half a character, which PostgreSQL cannot store: ${JSON.stringify(wrong).slice(0, 80)}.`,
      )
  }
  return canonicalLabels(labels)
}

/** Puts the pairs of new label sets where searches by label look. */
export async function storeLabelPairs(
  client: pg.ClientBase,
  cluster: Cluster,
  fresh: readonly [bigint, LabelSet][],
): Promise<void> {
  await client.query('truncate pg_temp.stage_label_pair')
  await copyRows(client, 'pg_temp.stage_label_pair', indexedPairs(fresh), 3, (writer, [key, name, value]) => {
    writer.text(name)
    writer.text(value)
    writer.int8(key)
  })
  await client.query({
    name: 'insert-label-pairs',
    text: `insert into warehouse.label_pair (cloud_account_id, label, value, label_set_key)
           select $1, label, value, label_set_key
           from pg_temp.stage_label_pair
           order by label, value, label_set_key
           on conflict do nothing`,
    values: [cluster.cloudAccountId],
  })
}

function* indexedPairs(fresh: readonly [bigint, LabelSet][]): Generator<[bigint, string, string]> {
  for (const [key, { labels }] of fresh) {
    for (const [name, value] of labels) {
      const longest = Math.max(Buffer.byteLength(name), Buffer.byteLength(value))
      if (longest <= LONGEST_INDEXED_BYTES) yield [key, name, value]
    }
  }
}
