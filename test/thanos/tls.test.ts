import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createThanosClient } from '../../src/thanos/client.js'
import { createThanosStub, matrix } from '../support/thanos-stub.js'
import { type Certificate, createCertificate } from './certificates.js'
import { ASK, configOf, failureOf, ONE, RANGE } from './client-harness.js'

const LOOPBACK = [127, 0, 0, 1] as const
const authority = createCertificate({ subject: 'authority' })
let folder = ''
let caFile = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thanos-tls-'))
  caFile = join(folder, 'ca.pem')
  await writeFile(caFile, authority.cert)
})

afterEach(() => {
  vi.unstubAllEnvs()
})

afterAll(() => rm(folder, { recursive: true }))

/** Asks a Thanos with this certificate; resolves to `ok` or the error's code and what the server got to see. */
async function ask(tls: Certificate, trusted: string | undefined, scheme = 'https'): Promise<string> {
  const stub = await createThanosStub({ tls })
  stub.on(RANGE, matrix(ONE))
  const url = stub.url.replace('https', scheme)
  const client = createThanosClient(configOf({ url, caFile: trusted }), { retry: { tries: 1 } })
  try {
    const asked = client.queryRange(ASK)
    return await asked.then(
      () => 'ok',
      async () => `${(await failureOf(asked)).code}, ${stub.requests.length} requests seen`,
    )
  } finally {
    await client.close()
    await stub.close()
  }
}

describe('a Thanos behind TLS', () => {
  const good = createCertificate({ subject: 'thanos', address: LOOPBACK, issuer: authority })

  it('is trusted by the authority of the configuration', async () => {
    expect(await ask(good, caFile)).toBe('ok')
  })

  it.each<[string, Certificate, boolean]>([
    ['of an unknown authority', good, false],
    ['that signed itself', createCertificate({ subject: 'thanos', address: LOOPBACK }), true],
    [
      'that has expired',
      createCertificate({
        subject: 'thanos',
        address: LOOPBACK,
        issuer: authority,
        expires: new Date('2021-01-01'),
      }),
      true,
    ],
    [
      'for another host',
      createCertificate({ subject: 'thanos', address: [10, 0, 0, 1], issuer: authority }),
      true,
    ],
  ])('with a certificate %s gets no request and no credentials', async (_what, certificate, withCa) => {
    // Not even where the environment turns the checks of Node off.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    expect(await ask(certificate, withCa ? caFile : undefined)).toBe('THANOS_MISCONFIGURED, 0 requests seen')
  })

  it('is not spoken to in plain text', async () => {
    expect(await ask(good, caFile, 'http')).toMatch(
      /^THANOS_(UNREACHABLE|BAD_BODY|MISCONFIGURED), 0 requests seen/,
    )
  })
})

describe('a Thanos without TLS', () => {
  it('is misconfigured where https is asked for', async () => {
    const stub = await createThanosStub()
    const client = createThanosClient(configOf({ url: stub.url.replace('http', 'https') }), {
      retry: { tries: 1 },
    })
    expect((await failureOf(client.queryRange(ASK))).code).toBe('THANOS_MISCONFIGURED')
    await client.close()
    await stub.close()
  })
})
