/** An answer, or what several of them make together, as far as it is here. */
export interface Answer<Body> {
  readonly data: Body | undefined
  readonly error: Error | null
  refetch(): unknown
}
