import type { BodyOf } from '../../api/routes.js'
import { moneyIn } from '../../format/money.js'
import { count } from '../../format/quantity.js'
import { range as printRange } from '../../format/time.js'
import { titleOf } from '../../state/dimensions.js'
import { useUrlState } from '../../state/use-state.js'
import { Change } from '../../ui/change.js'
import { Compared } from '../../ui/compared.js'
import { Pending } from '../../ui/pending.js'
import { Tile, Tiles } from '../../ui/tile.js'
import { placeWords } from './drill.js'
import { FIELDS, type Scope } from './fields.js'
import { useBefore } from './use-before.js'

/** The total of what is shown, and what it was in the equally long range before. */
export function AllocationTiles({ body, scope }: { body: BodyOf<'cost_allocation'>; scope: Scope }) {
  const [{ by, path }] = useUrlState(FIELDS)
  const comparison = useBefore(scope, body)
  const { data: compared, error } = comparison
  const money = moneyIn(body.meta.currency)
  const place = path.at(-1)
  return (
    <Tiles>
      <Tile
        label={place === undefined ? 'Cost' : `Cost of ${placeWords(place)}`}
        value={money.exact(body.total_cost)}
        detail={
          typeof compared?.before === 'number' ? (
            <Change now={compared.part.total_cost} before={compared.before} />
          ) : undefined
        }
      />
      <Tile
        label="In the equally long range before"
        value={
          compared === undefined && error === null ? (
            <Pending what="what it cost before" />
          ) : (
            money.exact(compared?.before ?? null)
          )
        }
        detail={
          <Compared answer={comparison}>
            {part => printRange(part.previous_range_start, scope.start_date)}
          </Compared>
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
