import process from 'node:process'
import { run } from './program.js'
import { processTerminal } from './terminal.js'

const exitCode = await run(process.argv.slice(2), processTerminal)
// What the terminal could not write has set another one.
if (exitCode !== 0) process.exitCode = exitCode
