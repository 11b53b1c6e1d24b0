import type { ThanosConfig } from '../../src/config.js'

/** How a Thanos is asked that wants no login. */
export const OPEN_THANOS: Omit<ThanosConfig, 'url'> = {
  username: undefined,
  password: undefined,
  bearerToken: undefined,
  caFile: undefined,
  tenantHeader: 'THANOS-TENANT',
  tenantLabel: 'tenant_id',
  concurrency: 4,
  timeoutMs: 30_000,
}
