import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** Certificates made on the spot, so that none is kept in the repository to expire there. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly subject: string
  readonly privateKey: KeyObject
}

interface Wish {
  readonly subject: string
  /** IPv4 address that the certificate is for; none makes an authority. */
  readonly address?: readonly [number, number, number, number]
  /** Itself, where absent. */
  readonly issuer?: Certificate
  readonly expires?: Date
}

/** A P-256 certificate, valid from 2020 to `expires` (2049 by default). */
export function createCertificate({ subject, address, issuer, expires }: Wish): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = sequence(
    VERSION_3,
    // The first byte keeps the number positive and of this length.
    tagged(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(7)])),
    ECDSA_SHA256,
    name(issuer?.subject ?? subject),
    sequence(time(new Date('2020-01-01')), time(expires ?? new Date('2049-01-01'))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(address === undefined ? AUTHORITY : forAddress(address))),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const der = sequence(body, ECDSA_SHA256, tagged(0x03, Buffer.from([0]), signature))
  const cert = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), subject, privateKey }
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, ...parts)
}

function time(date: Date): Buffer {
  return tagged(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
}

const VERSION_3 = Buffer.from('a003020102', 'hex')
const COMMON_NAME = Buffer.from('0603550403', 'hex')
const ECDSA_SHA256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'))
const ALTERNATIVE_NAME = Buffer.from('0603551d11', 'hex')
const CONSTRAINTS = Buffer.from('0603551d13', 'hex')
const TRUE = Buffer.from('0101ff', 'hex')
const AUTHORITY = sequence(CONSTRAINTS, TRUE, tagged(0x04, sequence(TRUE)))

function forAddress(address: readonly number[]): Buffer {
  return sequence(ALTERNATIVE_NAME, tagged(0x04, sequence(tagged(0x87, Buffer.from(address)))))
}

function name(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(commonName)))))
}
