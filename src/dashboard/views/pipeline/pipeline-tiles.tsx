import type { BodyOf } from '../../api/routes.js'
import { UNKNOWN } from '../../format/money.js'
import { count } from '../../format/quantity.js'
import { Tile, Tiles } from '../../ui/tile.js'
import { groupMissing } from './missing-groups.js'

type Cluster = BodyOf<'status'>['status'][number]

/** What one wants to know first: is everything there, and if not, what is wrong. */
export function PipelineTiles({ clusters }: { clusters: readonly Cluster[] }) {
  const active = clusters.filter(({ state }) => state === 'active')
  const silent = clusters.filter(({ state }) => state === 'stale')
  const late = active.filter(({ lag_seconds }) => lag_seconds > 0)
  const failing = clusters.filter(({ last_import_attempt_error }) => last_import_attempt_error !== null)
  const sum = (of: (cluster: Cluster) => number) => clusters.reduce((total, one) => total + of(one), 0)
  const missing = groupMissing(clusters)
  const isKnown = missing.length > 0 || clusters.some(({ newest_loaded }) => newest_loaded !== null)
  const refused = sum(one => one.incomplete)
  const setAside = sum(one => one.quarantined)
  return (
    <Tiles>
      <Tile
        label="Clusters up to date"
        value={`${count(active.length - late.length)} of ${count(active.length)}`}
        detail={
          late.length > 0
            ? `${namesOf(late)} ${late.length === 1 ? 'is' : 'are'} behind`
            : 'every hour that is due is loaded'
        }
      />
      {silent.length === 0 ? null : (
        <Tile label="Clusters not heard of any more" value={count(silent.length)} detail={namesOf(silent)} />
      )}
      <Tile
        label="Hours loaded"
        value={count(sum(one => one.loaded))}
        detail={`${count(sum(one => one.open))} to be read, or read again`}
      />
      <Tile
        label="Hours refused or set aside"
        value={count(refused + setAside)}
        detail={`${count(refused)} not whole, ${count(setAside)} failed again and again`}
      />
      <Tile
        label="Clusters whose last attempt failed"
        value={count(failing.length)}
        detail={failing.length === 0 ? 'no last attempt has failed' : namesOf(failing)}
      />
      <Tile
        label="Series that the source doesn’t send"
        value={isKnown ? count(missing.length) : UNKNOWN}
        detail={
          isKnown
            ? missing.length === 0
              ? 'all that cost depends on are there'
              : 'listed below'
            : 'nothing is loaded yet'
        }
      />
    </Tiles>
  )
}

const NAMED = 2

function namesOf(clusters: readonly Cluster[]): string {
  const names = clusters.slice(0, NAMED).map(({ cluster }) => cluster)
  const more = clusters.length - names.length
  return more > 0 ? `${names.join(', ')} and ${count(more)} more` : names.join(', ')
}
