import { describe, expect, it } from 'vitest'
import { NamedError } from '../../src/errors.js'
import { classifyStatus } from '../../src/thanos/classify.js'
import { decodeAnswer, decodeEnvelope } from '../../src/thanos/decode.js'
import { decodeStores } from '../../src/thanos/stores.js'
import { type Recording, readRecordings } from '../support/thanos-stub.js'

const ACCOUNT_A = '5e1f0c1e-0000-4000-8000-00000000000a'
const ABOUT = 'account under test'

/**
 * What becomes of every answer that was recorded: `ok` with the number of series, or the name of the error. An answer
 * whose series lack the tenant label is refused even where the real cause is a question that aggregates it away.
 */
const EXPECTED: Record<File, readonly (readonly [name: string, server: Server, outcome: string])[]> = {
  answers: [
    ['closed or left-open: samples on the minute, [1h]', 'querier', 'ok 1'],
    ['the portable range [59m59s999ms]', 'querier', 'ok 1'],
    ['subquery [10m:1m]', 'querier', 'ok 1'],
    ['closed or left-open: samples on the minute, [1h]', 'Prometheus 2.42', 'ok 1'],
    ['the portable range [59m59s999ms]', 'Prometheus 2.42', 'ok 1'],
    ['subquery [10m:1m]', 'Prometheus 2.42', 'ok 1'],
    ['one NaN and one +Inf in the hour', 'querier', 'ok 1'],
    ['raw samples by instant query', 'querier', 'ok 1'],
    ['info annotation travels in warnings', 'querier', 'ok 1 info 1'],
    ['no such metric', 'querier', 'ok 0'],
    ['stats', 'querier', 'FOREIGN_TENANT'],
    ['only the tenant matcher, partial_response=false', 'querier', 'THANOS_BAD_QUERY'],
    ['only the tenant matcher, partial_response=true', 'querier', 'THANOS_PARTIAL'],
    ['tenant and name matchers', 'querier', 'FOREIGN_TENANT'],
    ['parse error', 'querier', 'THANOS_BAD_QUERY'],
    ['too many points', 'querier', 'THANOS_TOO_MUCH'],
    ['no step', 'querier', 'FOREIGN_TENANT'],
    ['end before start', 'querier', 'THANOS_BAD_QUERY'],
    ['string expression', 'querier', 'THANOS_BAD_QUERY'],
    ['JSON body', 'querier', 'THANOS_BAD_QUERY'],
    ['wrong verb', 'querier', 'THANOS_MISCONFIGURED'],
    ['small number', 'querier', 'ok 1'],
    ['unaligned start and end', 'querier', 'ok 1'],
    ['parse error', 'query-frontend', 'THANOS_BAD_QUERY'],
    ['too many points', 'query-frontend', 'THANOS_TOO_MUCH'],
    ['no step', 'query-frontend', 'THANOS_BAD_QUERY'],
    ['end before start', 'query-frontend', 'THANOS_BAD_QUERY'],
    ['string expression', 'query-frontend', 'THANOS_BAD_QUERY'],
    ['JSON body', 'query-frontend', 'THANOS_BAD_QUERY'],
    ['wrong verb', 'query-frontend', 'THANOS_MISCONFIGURED'],
    ['small number', 'query-frontend', 'THANOS_CONTRACT'],
    ['unaligned start and end', 'query-frontend', 'THANOS_CONTRACT'],
    ['milliseconds by mistake', 'querier', 'ok 0'],
    ['same labelset', 'querier', 'THANOS_BAD_QUERY'],
    ['many to many', 'querier', 'THANOS_BAD_QUERY'],
    ['bad engine', 'querier', 'THANOS_BAD_QUERY'],
    ['bad dedup', 'querier', 'THANOS_BAD_QUERY'],
    ['bad max_source_resolution', 'querier', 'THANOS_BAD_QUERY'],
    ['ready', 'querier', 'THANOS_BAD_BODY'],
    ['buildinfo of a build without release flags', 'querier', 'success'],
    ['stores on a plain Prometheus', 'Prometheus 2.42', 'THANOS_MISCONFIGURED'],
    ['flags', 'querier', 'success'],
  ],
  tenancy: [
    ['no header', 'enforcing', 'ok 0'],
    ['header a, no matcher', 'enforcing', 'ok 1'],
    ['header a, matcher b: the matcher is replaced', 'enforcing', 'FOREIGN_TENANT'],
    ['header a, matcher b, tenant_id aggregated away', 'enforcing', 'FOREIGN_TENANT'],
    ['slash in the tenant', 'enforcing', 'THANOS_BAD_QUERY'],
    ['two tenants in one header', 'enforcing', 'ok 0'],
    ['label values under enforcement', 'enforcing', 'success'],
    ['stores under enforcement: every tenant is listed', 'enforcing', 'stores 2'],
    ['not enforced: the header filters nothing', 'querier', 'FOREIGN_TENANT'],
  ],
  dedup: [
    ['replicated data, dedup=true: 8 nodes exist', 'querier', 'ok 1'],
    ['replicated data, dedup=false: 8 nodes exist', 'querier', 'ok 1'],
    ['replicated data, dedup=true, the wrong replica label: doubled, and nothing says so', 'querier', 'ok 1'],
    ['the probe that shows it', 'querier', 'FOREIGN_TENANT'],
    ['the probe where replicas are merged', 'querier', 'FOREIGN_TENANT'],
  ],
  stores: [
    ['both stores up, range, partial_response=true', 'querier', 'ok 4'],
    ['both stores up, instant, partial_response=true', 'querier', 'FOREIGN_TENANT'],
    ['both stores up, range, partial_response=false', 'querier', 'ok 4'],
    ['both stores up, instant, partial_response=false', 'querier', 'FOREIGN_TENANT'],
    ['both stores up, stores', 'querier', 'stores 2'],
    ['both stores up, range, partial_response=true', 'strict', 'ok 4'],
    ['both stores up, instant, partial_response=true', 'strict', 'FOREIGN_TENANT'],
    ['both stores up, range, partial_response=false', 'strict', 'ok 4'],
    ['both stores up, instant, partial_response=false', 'strict', 'FOREIGN_TENANT'],
    ['both stores up, stores', 'strict', 'stores 2'],
    ['one store killed 0.3 s ago, range, partial_response=true', 'querier', 'THANOS_PARTIAL'],
    ['one store killed 0.3 s ago, instant, partial_response=true', 'querier', 'THANOS_PARTIAL'],
    ['one store killed 0.3 s ago, range, partial_response=false', 'querier', 'THANOS_UNAVAILABLE'],
    ['one store killed 0.3 s ago, instant, partial_response=false', 'querier', 'THANOS_UNAVAILABLE'],
    ['one store killed 0.3 s ago, stores', 'querier', 'stores 2'],
    ['one store killed 0.3 s ago, range, partial_response=true', 'strict', 'THANOS_PARTIAL'],
    ['one store killed 0.3 s ago, instant, partial_response=true', 'strict', 'THANOS_PARTIAL'],
    ['one store killed 0.3 s ago, range, partial_response=false', 'strict', 'THANOS_UNAVAILABLE'],
    ['one store killed 0.3 s ago, instant, partial_response=false', 'strict', 'THANOS_UNAVAILABLE'],
    ['one store killed 0.3 s ago, stores', 'strict', 'stores 2'],
    [
      'one store killed, through the query-frontend, partial_response=true',
      'query-frontend',
      'THANOS_PARTIAL',
    ],
    [
      'one store killed, through the query-frontend, partial_response=false',
      'query-frontend',
      'THANOS_UNAVAILABLE',
    ],
    ['one store dead for 14 s, range, partial_response=true', 'querier', 'ok 2'],
    ['one store dead for 14 s, instant, partial_response=true', 'querier', 'FOREIGN_TENANT'],
    ['one store dead for 14 s, range, partial_response=false', 'querier', 'ok 2'],
    ['one store dead for 14 s, instant, partial_response=false', 'querier', 'FOREIGN_TENANT'],
    ['one store dead for 14 s, stores', 'querier', 'stores 2'],
    ['one store dead for 14 s, range, partial_response=true', 'strict', 'THANOS_PARTIAL'],
    ['one store dead for 14 s, instant, partial_response=true', 'strict', 'THANOS_PARTIAL'],
    ['one store dead for 14 s, range, partial_response=false', 'strict', 'THANOS_UNAVAILABLE'],
    ['one store dead for 14 s, instant, partial_response=false', 'strict', 'THANOS_UNAVAILABLE'],
    ['one store dead for 14 s, stores', 'strict', 'stores 2'],
    ['one store frozen, timeout=4s, partial_response=true', 'querier', 'THANOS_TIMEOUT'],
    ['one store frozen for 20 s, timeout=4s, partial_response=false', 'querier', 'ok 2'],
    ['one store frozen for 20 s, stores', 'querier', 'stores 2'],
    ['series limit of one store passed, partial_response=true', 'querier', 'THANOS_PARTIAL'],
    ['series limit of one store passed, partial_response=false', 'querier', 'THANOS_TOO_MUCH'],
    ['series limit of one store passed, partial_response=true', 'thanos engine', 'THANOS_PARTIAL'],
    ['series limit of one store passed, partial_response=false', 'thanos engine', 'THANOS_TOO_MUCH'],
    [
      'series limit of one store passed, query-frontend, partial_response=false',
      'query-frontend',
      'THANOS_TOO_MUCH',
    ],
    [
      'one store dead for more than five minutes: gone from the list, range, partial_response=true',
      'querier',
      'ok 2',
    ],
    [
      'one store dead for more than five minutes: gone from the list, instant, partial_response=true',
      'querier',
      'FOREIGN_TENANT',
    ],
    [
      'one store dead for more than five minutes: gone from the list, range, partial_response=false',
      'querier',
      'ok 2',
    ],
    [
      'one store dead for more than five minutes: gone from the list, instant, partial_response=false',
      'querier',
      'FOREIGN_TENANT',
    ],
    ['one store dead for more than five minutes: gone from the list, stores', 'querier', 'stores 1'],
    [
      'one store dead for more than five minutes: gone from the list, range, partial_response=true',
      'strict',
      'THANOS_PARTIAL',
    ],
    [
      'one store dead for more than five minutes: gone from the list, instant, partial_response=true',
      'strict',
      'THANOS_PARTIAL',
    ],
    [
      'one store dead for more than five minutes: gone from the list, range, partial_response=false',
      'strict',
      'THANOS_UNAVAILABLE',
    ],
    [
      'one store dead for more than five minutes: gone from the list, instant, partial_response=false',
      'strict',
      'THANOS_UNAVAILABLE',
    ],
    ['one store dead for more than five minutes: gone from the list, stores', 'strict', 'stores 2'],
    ['no store answers, range, partial_response=true', 'querier', 'ok 0'],
    ['no store answers, instant, partial_response=true', 'querier', 'ok 0'],
    ['no store answers, range, partial_response=false', 'querier', 'THANOS_UNAVAILABLE'],
    ['no store answers, instant, partial_response=false', 'querier', 'THANOS_UNAVAILABLE'],
    ['no store answers, stores', 'querier', 'stores 1'],
    ['no store answers, range, partial_response=true', 'strict', 'THANOS_PARTIAL'],
    ['no store answers, instant, partial_response=true', 'strict', 'THANOS_PARTIAL'],
    ['no store answers, range, partial_response=false', 'strict', 'THANOS_UNAVAILABLE'],
    ['no store answers, instant, partial_response=false', 'strict', 'THANOS_UNAVAILABLE'],
    ['no store answers, stores', 'strict', 'stores 2'],
  ],
}

type File = 'answers' | 'tenancy' | 'dedup' | 'stores'
type Server = keyof typeof SERVERS

const SERVERS = {
  querier: 'querier',
  strict: 'querier, --endpoint-strict',
  enforcing: 'querier, --query.enforce-tenancy --query.tenant-header=Cloud-Account-Id',
  'thanos engine': 'querier, --query.promql-engine=thanos',
  'query-frontend': 'query-frontend with an in-memory results cache',
  'Prometheus 2.42': 'Prometheus 2.42',
} as const

describe.each(Object.entries(EXPECTED))('the recorded answers of %s', (file, expected) => {
  const recordings = readRecordings(file as File)

  it('are all listed here', () => {
    expect(expected.map(([name, server]) => [name, SERVERS[server]])).toEqual(
      recordings.map(({ name, server }) => [name, server]),
    )
  })

  it.each(expected)('"%s" from %s is judged %s', (name, server, outcome) => {
    const recording = recordings.find(one => one.name === name && one.server === SERVERS[server])
    expect(recording === undefined ? 'not recorded' : judge(recording)).toBe(outcome)
  })
})

describe('the message of a refused answer', () => {
  it('holds no account but the asking one and no address, whatever Thanos wrote', () => {
    const recordings = (Object.keys(EXPECTED) as File[]).flatMap(readRecordings)
    const messages = recordings.flatMap(recording => {
      try {
        accept(recording)
        return []
      } catch (error) {
        return error instanceof NamedError ? [error.message, JSON.stringify(error)] : ['unnamed']
      }
    })
    expect(messages.length).toBeGreaterThan(100)
    expect(messages.filter(text => /5e1f0c1e|thanos-receive|127\.0|\d{5}|unnamed/.test(text))).toEqual([])
  })
})

function judge(recording: Recording): string {
  try {
    return accept(recording)
  } catch (error) {
    return error instanceof NamedError ? error.code : `${error}`
  }
}

function accept({ request, response }: Recording): string {
  const { status, body: text } = response
  if (status !== 200) throw classifyStatus({ status, text, retryAfter: undefined }, ABOUT)
  if (request.path === '/api/v1/stores') return `stores ${decodeStores(text, ABOUT).length}`
  if (!request.path.startsWith('/api/v1/query')) return `${decodeEnvelope(text, ABOUT)['status']}`
  const { start, end, step = 1, query } = request.form ?? {}
  const grid =
    start === undefined ? undefined : { start: Number(start), end: Number(end), step: Number(step) }
  const tenantId = /tenant_id="([^"]+)"/.exec(`${query}`)?.[1] ?? ACCOUNT_A
  const answer = decodeAnswer(text, text.length, { tenantLabel: 'tenant_id', tenantId, grid, about: ABOUT })
  const { info } = answer.annotations
  return `ok ${answer.series.length}${info > 0 ? ` info ${info}` : ''}`
}
