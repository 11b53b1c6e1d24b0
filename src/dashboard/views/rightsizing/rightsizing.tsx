import { ViewHead } from '../../ui/view-head.js'

export function Rightsizing() {
  return <ViewHead title="Rightsizing" />
}
