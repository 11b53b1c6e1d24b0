import { ViewHead } from '../../ui/view-head.js'

export function Allocation() {
  return <ViewHead title="Allocation" />
}
