import { Link } from 'react-router'
import { Empty } from '../ui/empty.js'
import { ViewHead } from '../ui/view-head.js'

export function NotFound() {
  return (
    <>
      <ViewHead title="Not found" />
      <Empty title="There is no such page.">
        <Link to="/overview">To the overview</Link>
      </Empty>
    </>
  )
}
