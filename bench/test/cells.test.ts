import { expect } from 'chai'
import { runCell } from '../src/harness/cell.js'
import { runCells } from '../src/harness/run-cells.js'
import type { Workload } from '../src/workloads/workload.js'
import { workloads } from './fixtures/tiny-workloads.js'
import { fixture, inDirectory, shortRound } from './support.js'

async function reasonOfFailure(backend: string, timeoutMs?: number): Promise<string> {
  const message = await shortRound(fixture(backend), undefined, timeoutMs)
  expect(message.kind).to.equal('failed')
  return message.kind === 'failed' ? message.reason : ''
}

describe('cells', function () {
  this.timeout(60_000) // Each round is a process of its own.

  for (const subject of ['faster', 'lmdb', 'level', 'raw-lmdb', 'raw-level', 'raw-append']) {
    it(`measures ${subject} and reads everything back twice`, async () => {
      const message = await shortRound(subject)
      expect(message.kind, JSON.stringify(message)).to.equal('measured')
      if (message.kind !== 'measured') return
      expect(message.round.operations).to.be.at.least(10)
      // Warm-up and measurement write; both are verified before the subject is closed and after.
      expect(message.round.verified).to.be.at.least(2 * 20)
    })
  }

  it('fails a backend that loses a record', async () => {
    expect(await reasonOfFailure('losing-backend')).to.match(/slot 7 was acknowledged and is gone/)
  })

  it('fails a backend that stores other bytes', async () => {
    expect(await reasonOfFailure('garbling-backend')).to.match(/slot 7 holds other bytes/)
  })

  it('fails a backend that lends other bytes than it returns', async () => {
    expect(await reasonOfFailure('borrowing-wrong-backend')).to.match(/slot 7 holds other bytes/)
  })

  it('fails a backend that throws', async () => {
    expect(await reasonOfFailure('throwing-backend')).to.match(/the disk fell off/)
  })

  it('fails a backend whose process dies', async () => {
    expect(await reasonOfFailure('dying-backend')).to.match(/SIGKILL/)
  })

  it('fails a backend that hangs', async () => {
    expect(await reasonOfFailure('hanging-backend', 1_500)).to.match(/did not end within 1500 ms/)
  })

  it('fails a backend that is not there', async () => {
    expect(await reasonOfFailure('no-such-backend')).to.match(/no-such-backend/)
  })

  it('does not measure a log that survives less than the workload asks', async () => {
    const message = await shortRound('memory', 'learn-1')
    expect(message).to.deep.equal({ kind: 'not applicable', reason: 'survives nothing, not power-loss' })
  })

  it('shows no figure where what was to be measured did not happen', () =>
    inDirectory(async (directory) => {
      const workload: Workload = {
        ...workloads[0]!,
        begin: (bed) => ({ chunk: 1, run: () => {}, end: () => bed.withdraw('not cold') }),
      }
      const limits = { warmUpMs: 0, measureMs: 0 }
      const request = { backend: 'memory', workload: workload.name, workloadFiles: [], directory, limits }
      expect(await runCell(workload, request)).to.deep.equal({ kind: 'not applicable', reason: 'not cold' })
    }))

  it('shows no figure of a cell that failed', async () => {
    const [workload] = workloads
    const [result] = await inDirectory((directory) =>
      runCells({
        cells: [{ backend: fixture('losing-backend'), workload: workload! }],
        rounds: 2,
        limits: { warmUpMs: 1, measureMs: 1 },
        directory,
        workloadFiles: [fixture('tiny-workloads')],
        timeoutMs: 30_000,
      }),
    )
    expect(result?.outcome).to.equal('failed')
    expect(result?.rounds).to.deep.equal([])
    expect(result?.medianNs).to.equal(undefined)
  })
})
