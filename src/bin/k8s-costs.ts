#!/usr/bin/env node
import { createContext } from './context.js'
import { quietPipes } from './lifecycle.js'
import { runProgram } from './program.js'

const LINGER_MS = 2_000

quietPipes()
process.exitCode = await runProgram(process.argv.slice(2), createContext(process.env))
// A connection that somebody forgot to close must not keep a finished process alive.
setTimeout(() => process.exit(), LINGER_MS).unref()
