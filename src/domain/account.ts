/** A CloudTuner cloud account of type Kubernetes, and the label value that its series carry in Thanos. */
export interface CloudAccount {
  /** UUID in lower case. */
  readonly cloudAccountId: string
  readonly name: string
  /** Value of the tenant label (`tenant_id`); the account's id unless it says otherwise. */
  readonly tenantId: string
  /** ISO 4217. Amounts are never converted. */
  readonly currency: string
  readonly kubernetesId: string | null
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The UUID in lower case, or undefined where the text is none. */
export function parseUuid(text: string): string | undefined {
  const lower = text.trim().toLowerCase()
  return UUID.test(lower) ? lower : undefined
}
