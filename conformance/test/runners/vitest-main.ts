import { startVitest } from 'vitest/node'

// Runs one file under vitest, and writes what came of it as JSON: vitest-main.js <file> <output>.
const [file = '', outputFile = ''] = process.argv.slice(2)

const vitest = await startVitest('test', [], {
  root: import.meta.dirname,
  include: [file],
  exclude: [],
  config: false,
  watch: false,
  reporters: ['json'],
  outputFile,
})
await vitest.close()
