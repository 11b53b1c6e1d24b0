import { lookup as dnsLookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { buildConnector } from 'undici'
import type { ThanosConfig } from '../config.js'
import { NamedError } from '../errors.js'

/** Where Thanos is and how to prove who asks. `authorization` goes to this origin alone. */
export interface Endpoint {
  readonly origin: string
  /** Path prefix without a slash at the end; empty for none. */
  readonly prefix: string
  readonly authorization: string | undefined
  readonly connect: buildConnector.BuildOptions & { lookup: LookupFunction }
}

/** Checks THANOS_URL and its companions. Throws CONFIG_INVALID, whose message holds no credential. */
export function readEndpoint(config: ThanosConfig, connectTimeoutMs: number): Endpoint {
  const url = parseUrl(config.url)
  return {
    origin: url.origin,
    prefix: url.pathname.replace(/\/+$/, ''),
    authorization: authorization(config),
    connect: {
      timeout: connectTimeoutMs,
      lookup: guardedLookup,
      // Stated, because the environment (NODE_TLS_REJECT_UNAUTHORIZED=0) could turn the default off.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(config.caFile === undefined ? {} : { ca: readCa(config.caFile) }),
    },
  }
}

function parseUrl(text: string | undefined): URL {
  if (text === undefined || text === '')
    throw invalid('THANOS_URL is not set: name the base URL of Thanos Query')
  if (!URL.canParse(text)) throw invalid('THANOS_URL is not a URL: write it like http://thanos-query:10902')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      'THANOS_URL holds credentials: put them into THANOS_USERNAME and THANOS_PASSWORD, or THANOS_BEARER_TOKEN',
    )
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(`THANOS_URL begins with ${url.protocol}//: only http and https are spoken`)
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalid(
      'THANOS_URL has a query or a fragment: give the base URL alone, with its path prefix if it has one',
    )
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isForbidden(host)) {
    throw invalid(`THANOS_URL names ${host}, a link-local or metadata address, where no Thanos is`)
  }
  return url
}

function authorization(config: ThanosConfig): string | undefined {
  const { username, password, bearerToken } = config
  if (bearerToken !== undefined && username !== undefined) {
    throw invalid('THANOS_BEARER_TOKEN and THANOS_USERNAME are both set: choose one')
  }
  if (bearerToken !== undefined) {
    // What cannot travel in a header would be refused later, by a message that quotes it.
    if (!/^[\x21-\x7e]+$/.test(bearerToken))
      throw invalid('THANOS_BEARER_TOKEN holds spaces or control characters')
    return `Bearer ${bearerToken}`
  }
  if (username === undefined) return undefined
  if (username.includes(':'))
    throw invalid('THANOS_USERNAME holds a colon, which basic authentication cannot carry')
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
}

function readCa(file: string): string {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch {
    throw invalid(`THANOS_CA_FILE ${file} cannot be read`)
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw invalid(`THANOS_CA_FILE ${file} holds no PEM certificate`)
  return pem
}

// Link-local networks and the metadata services of the clouds: answers from there would be an operator's mistake or
// somebody's DNS record, and credentials must not go there. Private and loopback addresses are where Thanos lives.
const forbidden = new BlockList()
forbidden.addSubnet('169.254.0.0', 16, 'ipv4')
forbidden.addAddress('100.100.100.200', 'ipv4')
forbidden.addAddress('192.0.0.192', 'ipv4')
forbidden.addSubnet('fe80::', 10, 'ipv6')
forbidden.addAddress('fd00:ec2::254', 'ipv6')

/** True for an address (never a name) that is link-local or a cloud's metadata service. */
export function isForbidden(address: string): boolean {
  const bare = address.split('%')[0] ?? ''
  const family = isIP(bare)
  return family !== 0 && forbidden.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}

/** Resolves like the system does and refuses forbidden addresses at the time of connecting, whatever DNS said before. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, [])
    const first = addresses[0]
    if (first === undefined || addresses.some(({ address }) => isForbidden(address))) {
      return callback(Object.assign(new Error('refused address'), { code: 'EADDRFORBIDDEN' }), [])
    }
    if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

function invalid(message: string): NamedError {
  return new NamedError('CONFIG_INVALID', message)
}
