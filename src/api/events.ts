/** What the API tells whoever watches it. */
export type ApiEvent =
  | {
      readonly kind: 'answered'
      /** As it is registered, so that no caller can make up another. */
      readonly route: string
      readonly status: number
      readonly seconds: number
    }
  | { readonly kind: 'shed'; readonly reason: 'event_loop' | 'in_work' }

export type ObserveApi = (event: ApiEvent) => void
