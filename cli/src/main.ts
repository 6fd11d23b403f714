import process from 'node:process'
import { end, failUnlessEnded } from './ending.js'
import { run } from './program.js'
import { processTerminal } from './terminal.js'

failUnlessEnded()
const exitCode = await run(process.argv.slice(2), processTerminal)
// What the terminal could not write has set another one.
await end(exitCode === 0 ? Number(process.exitCode ?? 0) : exitCode)
