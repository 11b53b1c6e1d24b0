import { createLogger, type Logger } from '../../src/observe/logger.js'

/** A logger whose lines a test can look at. */
export function recordingLogger(level = 'debug'): { logger: Logger; lines: string[]; text(): string } {
  const lines: string[] = []
  const logger = createLogger({ level, role: 'test', destination: { write: line => void lines.push(line) } })
  return { logger, lines, text: () => lines.join('') }
}
