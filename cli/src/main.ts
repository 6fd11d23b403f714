import process from 'node:process'
import { end, failUnlessEnded } from './ending.js'
import { run } from './program.js'
import { processTerminal } from './terminal.js'

failUnlessEnded()
await end(await run(process.argv.slice(2), processTerminal))
