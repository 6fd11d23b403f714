import { runConformance } from '@persistent-log/conformance'
import { expect } from 'chai'

/** Single faults, of the hundreds that the kit tries with its full budget, over which this backend once broke a promise. */
const FOUND = [
  {
    what: 'a read of its log fails while LevelDB replays it',
    case: 'fault.each-syscall-eio-until-none',
    state: 'recovery/read/EIO/12',
  },
  {
    what: 'closing a folder fails after its names were flushed',
    case: 'fault.each-syscall-enospc-until-none',
    state: 'recovery/close/ENOSPC/22',
  },
]

describe('a log on LevelDB lives on when', function () {
  this.timeout(60_000)

  for (const { what, case: id, state } of FOUND) {
    it(what, async function () {
      const report = await runConformance({
        backend: '@persistent-log/backend-level',
        only: [id],
        tiers: [2],
        state,
        seed: 20261128,
      })
      const [missing] = report.skipped
      if (missing !== undefined && process.env['CI'] !== 'true') {
        this.test!.title += ` [skip: ${missing.reason}]`
        this.skip()
      }
      expect(report.failures).to.deep.equal([])
      expect([report.passed, report.faults.hit, report.ackedWrites.lost]).to.deep.equal([1, 1, 0])
    })
  }
})
