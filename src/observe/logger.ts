import { type DestinationStream, destination, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino'
import { describeError, NamedError } from '../errors.js'

export type Logger = PinoLogger

// Names under which a secret might be handed to a log line, at the top and one level down.
const SECRET_NAMES = [
  'authorization',
  'bearerToken',
  'clusterSecret',
  'connectionString',
  'cookie',
  'databaseUrl',
  'password',
  'redisUrl',
  'secret',
  'token',
  'username',
]

/**
 * JSON lines in UTC, on stderr as stdout is for data. Errors (`err`) are written by code and message where they are
 * named; of any other error only its class and stack frames, as its text comes from elsewhere.
 */
export function createLogger(options: {
  readonly level: string
  /** Which part of the product speaks: api, worker, scheduler … */
  readonly role: string
  readonly destination?: DestinationStream
}): Logger {
  return pino(
    {
      level: options.level,
      base: { role: options.role, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      redact: {
        paths: SECRET_NAMES.flatMap(name => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[redacted]',
      },
      serializers: { err: serializeError, error: serializeError },
    },
    options.destination ?? destination({ dest: 2, sync: true }),
  )
}

function serializeError(error: unknown): unknown {
  const described = describeError(error)
  if (!(error instanceof Error)) return described
  if (error instanceof NamedError) {
    return error.status === undefined ? described : { ...described, status: error.status }
  }
  return { ...described, stack: framesOf(error) }
}

// The stack begins with the message, which may hold text of another system.
function framesOf(error: Error): string[] {
  const stack = error.stack ?? ''
  const head = stack.indexOf(error.message) + error.message.length
  return stack
    .slice(error.message === '' ? 0 : head)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line.startsWith('at '))
    .slice(0, 20)
}
