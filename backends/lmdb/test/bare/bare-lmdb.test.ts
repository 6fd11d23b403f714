import { runConformance } from '@persistent-log/conformance'
import { expect } from 'chai'

const BARE = new URL('./bare-lmdb.js', import.meta.url)

const DEFECTS = [
  { what: 'a file that is too short ends the process', case: 'rot.truncate-every-length', options: {} },
  { what: 'its writes are not flushed', case: 'dur.sync-before-ack', options: { noSync: true } },
  {
    what: 'a flush that fails behind a write ends the process',
    case: 'fault.failed-flush-proves-nothing',
    options: { overlappingSync: true },
  },
]

// What this package adds to LMDB is there for a reason: without it, the kit says why.
describe('LMDB as it comes', function () {
  this.timeout(300_000)

  for (const { what, case: id, options } of DEFECTS) {
    it(`is rejected by ${id}: ${what}`, async function () {
      const report = await runConformance({
        backend: BARE,
        config: () => ({ options: { 'bare-lmdb': options } }),
        only: [id],
        tiers: [1, 2],
        seed: 1,
        budgets: { damages: 4 },
      })
      const [missing] = report.skipped
      if (missing !== undefined && process.env['CI'] !== 'true') {
        this.test!.title += ` [skip: ${missing.reason}]`
        this.skip()
      }
      expect(report.failures.map((failure) => failure.case)).to.deep.equal([id])
    })
  }
})
