import { describe, expect, it } from 'vitest'
import type { ThanosConfig } from '../../src/config.js'
import { isForbidden, readEndpoint } from '../../src/thanos/endpoint.js'

const CANARY = 'c4n4ry-s3cret'

function endpoint(config: Partial<ThanosConfig>) {
  const whole: ThanosConfig = {
    url: 'http://thanos:10902',
    username: undefined,
    password: undefined,
    bearerToken: undefined,
    caFile: undefined,
    tenantHeader: 'THANOS-TENANT',
    tenantLabel: 'tenant_id',
    concurrency: 1,
    timeoutMs: 1000,
    ...config,
  }
  return readEndpoint(whole, 1000)
}

describe('THANOS_URL', () => {
  it.each([
    ['http://thanos:10902', 'http://thanos:10902', ''],
    ['https://thanos.example/', 'https://thanos.example', ''],
    ['https://thanos.example/a/b//', 'https://thanos.example', '/a/b'],
    ['http://[::1]:9090/p', 'http://[::1]:9090', '/p'],
  ])('%s is taken as origin %s and prefix "%s"', (url, origin, prefix) => {
    expect(endpoint({ url })).toMatchObject({ origin, prefix })
  })

  it.each([
    [undefined, /not set/],
    ['', /not set/],
    ['thanos', /not a URL/],
    ['file:///etc/passwd', /only http and https/],
    ['ftp://thanos', /only http and https/],
    [`http://user:${CANARY}@thanos`, /THANOS_USERNAME/],
    [`http://${CANARY}@thanos`, /THANOS_USERNAME/],
    ['http://thanos/?a=b', /query or a fragment/],
    ['http://thanos/#a', /query or a fragment/],
    ['http://169.254.169.254/latest', /metadata/],
    ['http://2852039166/', /metadata/],
    ['http://0xa9fea9fe/', /metadata/],
    ['http://[fe80::1]/', /metadata/],
    ['http://[::ffff:169.254.169.254]/', /metadata/],
    ['http://[fd00:ec2::254]/', /metadata/],
  ])('%s is refused with what to do, without its credentials', (url, message) => {
    expect(() => endpoint({ url })).toThrow(message)
    expect(() => endpoint({ url })).not.toThrow(CANARY)
  })

  it('may lead to private and loopback addresses, where Thanos lives', () => {
    expect(['10.0.0.1', '127.0.0.1', '192.168.1.1', '::1', 'fd00::1', 'thanos'].filter(isForbidden)).toEqual(
      [],
    )
  })

  it('is checked again when its name has been resolved', async () => {
    const { lookup } = endpoint({}).connect
    const resolved = (host: string, all: boolean) =>
      new Promise(resolve => lookup(host, { all }, (error, address) => resolve(error?.code ?? address)))
    await expect(resolved('169.254.169.254', true)).resolves.toBe('EADDRFORBIDDEN')
    await expect(resolved('127.0.0.1', true)).resolves.toEqual([{ address: '127.0.0.1', family: 4 }])
    await expect(resolved('127.0.0.1', false)).resolves.toBe('127.0.0.1')
  })
})

describe('the credentials', () => {
  it('are basic or bearer, or none', () => {
    expect(endpoint({}).authorization).toBeUndefined()
    expect(endpoint({ bearerToken: 'abc' }).authorization).toBe('Bearer abc')
    const { authorization = '' } = endpoint({ username: 'ü', password: 'p:w' })
    expect(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()).toBe('ü:p:w')
  })

  it.each<[Partial<ThanosConfig>, RegExp]>([
    [{ bearerToken: CANARY, username: 'u' }, /both set/],
    [{ bearerToken: `${CANARY}\nx: y` }, /control characters/],
    [{ username: `${CANARY}:x` }, /colon/],
    [{ caFile: '/nonexistent/ca.pem' }, /cannot be read/],
    [{ caFile: new URL(import.meta.url).pathname }, /no PEM certificate/],
  ])('that cannot be used are refused without being shown (%#)', (config, message) => {
    expect(() => endpoint(config)).toThrow(message)
    expect(() => endpoint(config)).not.toThrow(CANARY)
  })
})
