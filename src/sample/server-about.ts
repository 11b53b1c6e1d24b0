import type { Estate } from './estate.js'
import { success } from './server-json.js'

/** JSON has no name for an open end, so stores announce the largest 64-bit number, which a double can't hold. */
const OPEN_END = '9223372036854775807'

/** Body of `/api/v1/stores`: two Receivers, each announcing every account, from the estate's start on. */
export function answerStores(estate: Estate, now: number): string {
  const stores = [0, 1].map(replica => {
    const labelSets = estate.accounts.map(account => ({
      receive_replica: `thanos-receive-${replica}`,
      tenant_id: account.tenantId,
    }))
    const head = JSON.stringify({
      name: `thanos-receive-${replica}:10901`,
      lastCheck: new Date(now * 1000).toISOString(),
      lastError: null,
      labelSets,
      minTime: estate.from * 1000,
    })
    return `${head.slice(0, -1)},"maxTime":${OPEN_END}}`
  })
  return success(`{"receive":[${stores.join(',')}]}`)
}

export function answerBuildInfo(): string {
  return success(
    JSON.stringify({
      version: '0.0.0-sample',
      revision: '',
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    }),
  )
}

export function answerFlags(): string {
  return success(
    JSON.stringify({
      'deduplication.func': 'penalty',
      'query.auto-downsampling': 'false',
      'query.default-evaluation-interval': '1m0s',
      'query.enforce-tenancy': 'false',
      'query.max-concurrent': '20',
      'query.partial-response': 'true',
      'query.promql-engine': 'prometheus',
      'query.replica-label': 'receive_replica',
      'query.tenant-header': 'THANOS-TENANT',
      'query.tenant-label-name': 'tenant_id',
      'query.timeout': '2m0s',
    }),
  )
}
