/** What a row is told apart by, of a row that nothing is fixed of. */
export const NO_IDENTITY = {
  cluster: null,
  namespace: null,
  node: null,
  controller_kind: null,
  controller: null,
  pod: null,
  container: null,
  labels: null,
} as const
