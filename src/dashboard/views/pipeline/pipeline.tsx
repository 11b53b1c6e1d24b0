import { ViewHead } from '../../ui/view-head.js'

export function Pipeline() {
  return <ViewHead title="Pipeline" />
}
