import { ViewHead } from '../../ui/view-head.js'

export function Infrastructure() {
  return <ViewHead title="Infrastructure" />
}
