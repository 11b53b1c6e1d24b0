import { Empty } from './empty.js'

/** Why a view of costs has none to show. */
export function NoCosts({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="The filters leave nothing.">
      In these days there are no costs that all of them let through.
    </Empty>
  ) : (
    <Empty title="There are no costs in these days.">
      Nothing was loaded for them: choose other days, or look at the pipeline for what is missing and why.
    </Empty>
  )
}
