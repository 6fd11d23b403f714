import { expect } from 'chai'
import { buildSqlite } from '../src/subjects/build-sqlite.js'
import { runCells } from '../src/harness/run-cells.js'
import { workloads } from './fixtures/tiny-workloads.js'
import { inDirectory, itUnless, shortRound } from './support.js'

describe('SQLite, built on demand', function () {
  this.timeout(60_000)

  it('is left out with its reason where it cannot be built', async () => {
    const [result] = await inDirectory((directory) =>
      runCells({
        cells: [{ backend: 'raw-sqlite', workload: workloads[0]! }],
        rounds: 1,
        limits: { warmUpMs: 1, measureMs: 1 },
        directory,
        workloadFiles: [],
        timeoutMs: 1,
        unavailable: new Map([['raw-sqlite', 'no compiler']]),
      }),
    )
    expect(result).to.include({ outcome: 'not applicable', reason: 'no compiler' })
  })
})

// Building takes minutes where the registry is far away, so it is done once, before the tests are defined.
const reason = await buildSqlite(() => {})

describe('SQLite as a peer', function () {
  this.timeout(60_000)

  itUnless(reason)('is measured, and everything is read back twice', async () => {
    const message = await shortRound('raw-sqlite')
    expect(message.kind, JSON.stringify(message)).to.equal('measured')
    if (message.kind === 'measured') expect(message.round.verified).to.be.at.least(2 * 20)
  })
})
