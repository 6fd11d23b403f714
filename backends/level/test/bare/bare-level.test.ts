import { runConformance } from '@persistent-log/conformance'
import { expect } from 'chai'

const BARE = new URL('./bare-level.js', import.meta.url)

interface Defect {
  readonly what: string
  readonly case: string
  readonly options: { readonly sync?: boolean }
  /** One state or fault is enough where a case has many. */
  readonly state?: string
}

const DEFECTS: readonly Defect[] = [
  { what: 'its log may end anywhere', case: 'rot.truncate-every-length', options: {} },
  { what: 'its writes are not flushed', case: 'dur.sync-before-ack', options: { sync: false } },
  {
    what: 'a read of its log that fails in recovery is taken for the end of the log',
    case: 'fault.each-syscall-eio-until-none',
    options: {},
    state: 'recovery/read/EIO/8',
  },
]

// What this package adds to LevelDB is there for a reason: without it, the kit says why.
describe('LevelDB as it comes', function () {
  this.timeout(300_000)

  for (const { what, case: id, options, state } of DEFECTS) {
    it(`is rejected by ${id}: ${what}`, async function () {
      const report = await runConformance({
        backend: BARE,
        config: () => ({ options: { 'bare-level': options } }),
        only: [id],
        state,
        tiers: [1, 2],
        seed: 1,
        budgets: { damages: 12 },
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
