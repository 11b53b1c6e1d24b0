import { ViewHead } from '../../ui/view-head.js'

export function Efficiency() {
  return <ViewHead title="Efficiency" />
}
