import fc from 'fast-check'
import { RANGE } from './measured.js'
import { ROUTES, type RouteCase } from './routes.js'
import { encode, FIRST, SECOND, SECRET, UNKNOWN, urlOf } from './world.js'

const HOSTILE = [
  ...[
    "' or 1=1 --",
    '"; drop table warehouse.cluster; --',
    '$1',
    '/* x',
    '*/',
    '\\',
    '%',
    '`',
    ';',
    '!',
    '!!',
    '\0',
    'a\0b',
  ],
  ...[
    '\n',
    '\r\n',
    '\t',
    '\u202eevil',
    'e\u0301'.repeat(50),
    '\ufeff',
    '\uffff',
    '😀',
    '\ud800',
    'x\udfff',
    '＝1+2',
    '=1+2',
  ],
  ...[
    '__proto__',
    'constructor',
    '{"a":1}',
    '[object Object]',
    '<script>',
    '../../etc/passwd',
    'null',
    'undefined',
    'true',
  ],
  ...[
    '0',
    '-0',
    '-1',
    '1e309',
    '1e-9',
    '1E3',
    '9'.repeat(400),
    '0x10',
    '0b1',
    '1_000',
    'NaN',
    'Infinity',
    '１２',
    ' 1',
    '1.5',
  ],
  ...[
    '1,2',
    '+1',
    '253402300799',
    '253402300800',
    '9007199254740993',
    '00000000-0000-0000-0000-000000000000',
    '',
    ' ',
  ],
]
const texts = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 6000 }).map(length => 'x'.repeat(length)) },
)

/** A text as a client might write it into a URL: rightly, as it is, or wrongly. */
const encoded = fc.oneof(
  { weight: 6, arbitrary: texts.map(percentEncode) },
  { weight: 1, arbitrary: texts.map(text => text.replace(/[\0- #&\x7f]/g, '')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%', '%z', '%zz', '%c3', '%ff%fe', '%u0041', '%00', '%ed%a0%80', '%2500', '+'),
  },
)

// As bytes, since encodeURIComponent refuses lone surrogates, which a client need not.
function percentEncode(text: string): string {
  return Array.from(text, one => {
    const code = one.codePointAt(0) ?? 0
    if (/[\w.~-]/.test(one)) return one
    const bytes =
      code >= 0xd800 && code < 0xe000
        ? [0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
        : Buffer.from(one)
    return [...bytes].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
  }).join('')
}

const ODD_NAMES = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'label.',
    'label.team',
    'label.__proto__',
    "label.a'b",
  ],
  ...['a[b]', 'limit[]', 'LIMIT', '', 'cloud_account_id', 'sort ', 'label.\u0000'],
]
const pair = (route: RouteCase) =>
  fc.tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...route.parameters) },
      { weight: 1, arbitrary: fc.constantFrom(...ODD_NAMES) },
    ),
    fc.oneof({ weight: 3, arbitrary: encoded }, { weight: 2, arbitrary: fc.constantFrom(...MEANT) }),
    fc.oneof(
      { weight: 12, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 900 }) },
    ),
  )
/** What some parameter or other takes. */
const MEANT = [
  'pod',
  'hour',
  'share',
  'node',
  'name',
  'asc',
  'csv',
  'json',
  '2',
  'label%3ateam',
  'shop',
  '%21shop',
  'even',
  'false',
]

const headerTexts = fc.oneof(
  { weight: 3, arbitrary: texts.map(text => text.replace(/[\0\r\n]/g, '')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\x01',
      '\x7f',
      'a\tb',
      '\xff\xfe',
      'x'.repeat(9000),
      '"'.repeat(500),
      ','.repeat(4000),
    ),
  },
)
const MEANT_HEADERS: Record<string, string[]> = {
  accept: [
    'text/csv',
    'application/problem+json',
    '*/*',
    'text/csv;q=abc',
    'application/json;q=0',
    ';,;q=1,,',
  ],
  'accept-encoding': ['gzip', 'br, gzip;q=0', 'zstd', '*', 'identity;q=0', 'gzip;q=-1', ',,,', 'deflate'],
  'if-none-match': ['*', 'W/"x"', '"x"-gzip"', '"-gzip"', '"a", "b"', ',', '"'],
  'x-request-id': ['a-1', 'x'.repeat(64), '../x'],
  authorization: ['Bearer', 'Bearer kc_', 'Basic eDp5', 'Bearer  a', 'bearer\tx'],
  secret: ['wrong', SECRET.slice(1)],
  'content-type': ['application/json', 'x'],
  'content-length': ['0', '1', '-1', '99999999999999999999', 'x'],
  'transfer-encoding': ['chunked', 'x'],
  expect: ['100-continue', 'x'],
  range: ['bytes=0-1'],
  cookie: ['__proto__=1'],
}
const headerNames = Object.keys(MEANT_HEADERS)
const header = fc
  .constantFrom(...headerNames)
  .chain(name =>
    fc.tuple(fc.constant(name), fc.oneof(headerTexts, fc.constantFrom(...(MEANT_HEADERS[name] ?? [])))),
  )

/** A request as it is sent, and its method. */
export interface Generated {
  readonly text: string
  readonly method: string
}

/** Requests of every route, of which hardly any is as it should be; the token is one of the first account. */
export function hostileRequests(token: string): fc.Arbitrary<Generated> {
  return fc.constantFrom(...ROUTES).chain(route =>
    fc
      .record({
        method: fc.oneof(
          { weight: 12, arbitrary: fc.constant('GET') },
          {
            weight: 2,
            arbitrary: fc.constantFrom('HEAD', 'POST', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'BREW'),
          },
        ),
        id: fc.oneof(
          { weight: 12, arbitrary: fc.constantFrom(FIRST, FIRST.toUpperCase()) },
          { weight: 1, arbitrary: fc.constantFrom(SECOND, UNKNOWN) },
          { weight: 1, arbitrary: encoded },
        ),
        isAsked: fc.oneof(
          { weight: 5, arbitrary: fc.constant(true) },
          { weight: 1, arbitrary: fc.constant(false) },
        ),
        pairs: fc.array(pair(route), { maxLength: 5 }),
        credentials: fc.constantFrom('secret', 'secret', 'token', 'token', 'none'),
        headers: fc.array(header, { maxLength: 4 }),
      })
      .map(({ method, id, isAsked, pairs, credentials, headers }) => {
        const asked = isAsked ? [encode({ ...route.needs, ...RANGE })] : []
        const given = pairs.flatMap(([name, value, times]) =>
          Array<string>(times).fill(`${percentEncode(name)}=${value}`),
        )
        const own = { secret: [['secret', SECRET]], token: [['authorization', `Bearer ${token}`]], none: [] }[
          credentials
        ]
        const lines = [...own, ...headers].map(([name, value]) => `${name}: ${value}`)
        const url = `${urlOf(id, route.name)}?${[...asked, ...given].join('&')}`
        return { method, text: [`${method} ${url} HTTP/1.0`, 'host: x', ...lines, '', ''].join('\r\n') }
      }),
  )
}
