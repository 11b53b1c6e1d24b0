import type { BodyOf } from '../../api/routes.js'
import { moneyIn } from '../../format/money.js'
import { count } from '../../format/quantity.js'
import { fullDay, range as printRange } from '../../format/time.js'
import { titleOf } from '../../state/dimensions.js'
import { useUrlState } from '../../state/use-state.js'
import { Change } from '../../ui/change.js'
import { Tile, Tiles } from '../../ui/tile.js'
import { placeWords } from './drill.js'
import { FIELDS, type Scope } from './fields.js'
import { useBefore } from './use-before.js'

/** The total of what is shown, and what it was in the equally long range before. */
export function AllocationTiles({ body, scope }: { body: BodyOf<'cost_allocation'>; scope: Scope }) {
  const [{ by, path }] = useUrlState(FIELDS)
  const before = useBefore(scope, body)
  const money = moneyIn(body.meta.currency)
  const place = path.at(-1)
  return (
    <Tiles>
      <Tile
        label={place === undefined ? 'Cost' : `Cost of ${placeWords(place)}`}
        value={money.exact(body.total_cost)}
        detail={
          before === null || before.total === null ? undefined : (
            <Change now={before.now} before={before.total} />
          )
        }
      />
      <Tile
        label="In the equally long range before"
        value={money.exact(before?.total ?? null)}
        detail={
          before === null
            ? undefined
            : before.total !== null
              ? printRange(before.start, scope.start_date)
              : before.firstSeen === null
                ? 'not comparable'
                : `not comparable: not all data reaches back to it, as some begins ${fullDay(before.firstSeen)}`
        }
      />
      <Tile
        label="Rows"
        value={count(body.total_count)}
        detail={`by ${by.map(dimension => titleOf(dimension).toLowerCase()).join(' and ')}`}
      />
    </Tiles>
  )
}
