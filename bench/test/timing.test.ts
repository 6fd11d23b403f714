import { expect } from 'chai'
import { LatencyRecorder, timeStep, type TimedWork, type TimeLimits } from '../src/harness/timing.js'
import { leastWarmUpOf } from '../src/harness/warm-up.js'
import { closedLoop } from '../src/workloads/closed-loop.js'
import { loadWorkloads } from '../src/workloads/load-workloads.js'
import type { Bed } from '../src/workloads/workload.js'

const BRIEF: TimeLimits = { warmUpMs: 0, measureMs: 0, isBrief: true }
const FULL: TimeLimits = { warmUpMs: 0, measureMs: 0 }

/** How many operations were run, and how many of them were measured. */
async function count(work: Omit<TimedWork, 'userBytes'>, limits = FULL): Promise<readonly [number, number]> {
  let all = 0
  const step = {
    chunk: 10,
    run: (operations: number) => {
      all += operations
      return Promise.resolve()
    },
  }
  const timed = await timeStep(step, limits, new LatencyRecorder(), { ...work, userBytes: () => 0 })
  return [all, timed.operations]
}

describe('closed loops', () => {
  for (const [width, timed] of [
    [1, 1],
    [16, 1],
    [100, 7],
  ] as const)
    it(`run every operation of ${width} callers, and time ${timed} of them`, async () => {
      let records = 0
      let writes = 0
      const bed = { record: () => void records++ } as unknown as Bed
      const step = closedLoop(bed, width, () => Promise.resolve(void writes++))
      await step.run(step.chunk)
      expect(writes).to.equal(4 * width)
      // Whoever is quicker takes more of what is left to do.
      expect(records).to.be.within(timed, 4 * timed)
    })
})

describe('the measurement', () => {
  it('takes no more operations than it may, however many the warm-up took', async () => {
    const limits = { warmUpMs: 0, measureMs: 60_000 }
    expect(await count({ mostMeasured: 50 }, limits)).to.deep.equal([60, 50])
    expect(await count({ mostMeasured: 50, leastWarmUp: 100 }, limits)).to.deep.equal([150, 50])
    expect(await count({ mostMeasured: 50, maxOperations: 40 }, limits)).to.deep.equal([40, 30])
    expect(await count({ mostMeasured: 50 }, { ...limits, warmUpMs: 60_000 })).to.deep.equal([100, 50])
  })
})

describe('the warm-up', () => {
  it('is at least what a workload asks for, whatever share of its operations that is', async () => {
    expect(await count({})).to.deep.equal([20, 10])
    expect(await count({ leastWarmUp: 100, maxOperations: 110 })).to.deep.equal([110, 10])
  })

  it('goes by time alone in a brief run, unless something else would be measured', async () => {
    expect(await count({ leastWarmUp: 100 }, BRIEF)).to.deep.equal([20, 10])
    expect(await count({ leastWarmUp: 100, warmsUpBriefRuns: true }, BRIEF)).to.deep.equal([110, 10])
  })

  it('is some thousand durable operations, or 16 MiB of them', async () => {
    const durable = { survives: 'power-loss', valueBytes: 100 } as const
    expect(leastWarmUpOf(durable)).to.equal(3_000)
    expect(leastWarmUpOf(durable, 1_000)).to.equal(168)
    expect(leastWarmUpOf({ ...durable, valueBytes: 1024 * 1024 })).to.equal(16)
    expect(leastWarmUpOf({ ...durable, leastWarmUp: 7 })).to.equal(7)
    expect(leastWarmUpOf({ ...durable, survives: 'process-crash' })).to.equal(0)
    for (const workload of await loadWorkloads([])) {
      const { name, maxOperations = Infinity } = workload
      if (!name.startsWith('learn-1-')) continue
      expect(maxOperations, name).to.be.above(leastWarmUpOf(workload))
    }
  })

  it('passes the mutable region once where calls return at once', async () => {
    const recordBytes = 160
    const regionBytes = 16 * 1024 * 1024
    const names = [
      'accept-sync',
      'accept-commit-sync',
      'commit-sync',
      'commit-blocks-async',
      'commit-blocks-sync',
    ]
    const workloads = (await loadWorkloads([])).filter(({ name }) => names.includes(name))
    expect(workloads).to.have.length(names.length)
    for (const { name, leastWarmUp = 0, maxOperations = 0, warmsUpBriefRuns } of workloads) {
      expect(leastWarmUp * recordBytes, name).to.be.above(regionBytes)
      expect(maxOperations, name).to.be.above(2 * leastWarmUp)
      expect(warmsUpBriefRuns, name).to.equal(true)
    }
  })
})
