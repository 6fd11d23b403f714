import { expect } from 'chai'
import { observe } from '../../src/crash/observation.js'
import { perform } from '../../src/crash/operation.js'
import { Oracle } from '../../src/crash/oracle.js'
import { planWorkload } from '../../src/crash/workload.js'
import { TOY_BACKEND } from '../../src/mutants/toy/toy-mutants.js'
import { toyCapabilities } from '../../src/mutants/toy/toy-capabilities.js'
import { inFreshDirectory } from '../../src/running/fresh-directory.js'
import { Random } from '../../src/running/random.js'
import { openLogUnderTest } from '../../src/running/target.js'

const plan = (seed: number, base = new Oracle()) =>
  planWorkload({
    base,
    count: 300,
    random: new Random(seed),
    capabilities: toyCapabilities(),
    valueLength: 20,
    label: 'plan',
  })

describe('a workload', () => {
  it('is the same for the same seed', () => {
    expect(plan(7)).to.deep.equal(plan(7))
    expect(plan(7)).not.to.deep.equal(plan(8))
  })

  it('holds every kind of call', () => {
    const kinds = new Set([1, 2, 3].flatMap((seed) => plan(seed)).map(({ kind }) => kind))
    expect([...kinds].sort()).to.deep.equal(
      'accept acceptAll checkpoint commit commitAll compact configure discard flush learn learnAll promise'.split(
        ' ',
      ),
    )
  })

  for (const seed of [1, 2, 3]) {
    it(`is granted by a log, call by call, and leads where the oracle says (seed ${seed})`, async () => {
      await inFreshDirectory(undefined, async (directory) => {
        const log = await openLogUnderTest({ backend: TOY_BACKEND.href, config: { directory } })
        try {
          const oracle = new Oracle()
          for (const operation of plan(seed)) {
            await perform(log, operation)
            expect(oracle.apply(operation)).to.equal(true)
          }
          expect(await observe(log)).to.deep.equal(oracle.expected())
        } finally {
          await log.close()
        }
      })
    })
  }
})
