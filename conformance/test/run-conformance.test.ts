import { expect } from 'chai'
import {
  FULL_BUDGETS,
  outcomeOf,
  REPLAY_VARIABLE,
  runConformance,
  type Case,
  type CaseResult,
} from '@persistent-log/conformance'

const REFERENCE = new URL('../src/mutants/reference.js', import.meta.url)
const MUTANT = new URL('../src/mutants/mutant-backend.js', import.meta.url)
const broken = (name: string) => ({ backend: MUTANT, config: () => ({ options: { mutant: { name } } }) })

const failing: Case = {
  id: 'own.fails',
  title: 'fails',
  run: async () => {
    throw new Error('as it should')
  },
}

describe('runConformance', () => {
  it('reports what passed, with seed, capabilities and time', async () => {
    const report = await runConformance({ backend: REFERENCE, only: ['basic'], seed: 11 })
    expect(report).to.deep.include({ backend: 'reference', failed: 0, failures: [], seeds: { run: 11 } })
    expect(report.passed).to.be.at.least(15)
    expect(report.capabilities.survives).to.deep.equal({ accept: 'process-crash', commit: 'process-crash' })
    expect(JSON.parse(JSON.stringify(report))).to.deep.include({
      passed: report.passed,
      kills: 0,
      skipped: [],
    })
  })

  it('tells what repeats the run before the first case', async () => {
    const told: unknown[] = []
    await runConformance({
      backend: REFERENCE,
      only: ['cfg.replace'],
      seed: 11,
      budgets: 'full',
      onBegin: (beginning) => told.push(beginning),
      onStart: (started) => told.push(started.case),
    })
    expect(told).to.deep.equal([
      { backend: 'reference', seed: 11, tiers: [1], budgets: FULL_BUDGETS, cases: 1 },
      'cfg.replace',
    ])
  })

  it('tells each case as it ends', async () => {
    const results: CaseResult[] = []
    await runConformance({ backend: REFERENCE, only: ['cfg'], onCase: (result) => results.push(result) })
    expect(results.map(({ index }) => index)).to.deep.equal(results.map((_, at) => at))
    expect(results.every(({ total, outcome }) => total === results.length && outcome === 'passed')).to.equal(
      true,
    )
  })

  it('fails when none of the cases applies', async () => {
    const report = await runConformance({ backend: REFERENCE, only: ['cap.sync-reads-agree'] })
    expect(report).to.include({ passed: 0, failed: 1 })
    expect(report.skipped).to.deep.equal([
      { case: 'cap.sync-reads-agree', tier: 1, reason: 'it has no synchronous reads', because: 'log' },
    ])
  })

  it('chooses by category, by id and by the beginning of an id', async () => {
    const count = async (...only: string[]) => (await runConformance({ backend: REFERENCE, only })).passed
    expect(await count('cfg.replace')).to.equal(1)
    expect(await count('cfg.replace', 'basic.count-exact')).to.equal(2)
    expect(await count('basic.caller-*')).to.equal(2)
  })

  it('runs the cases of a backend of its own, and reports their failures', async () => {
    const report = await runConformance({ backend: REFERENCE, only: ['own'], additionalCases: [failing] })
    expect(report.failed).to.equal(1)
    expect(report.failures[0]).to.include({ case: 'own.fails', title: 'fails', message: 'as it should' })
  })

  it('refuses two cases of one id', async () => {
    const twice = { backend: REFERENCE, additionalCases: [failing, failing] }
    expect(String((await outcomeOf(runConformance(twice))).error)).to.include(
      'two cases are called own.fails',
    )
  })

  it('ends a case that hangs', async () => {
    const hanging: Case = {
      id: 'own.hangs',
      title: 'hangs',
      timeoutMs: 30,
      run: () => new Promise(() => undefined),
    }
    const report = await runConformance({ backend: REFERENCE, only: ['own'], additionalCases: [hanging] })
    expect(report.failures[0]?.message).to.include('30 ms')
  })

  it('fails a case that leaves a failed promise to nobody', async () => {
    const leaking: Case = {
      id: 'own.leaks',
      title: 'leaks',
      run: async () => void Promise.reject(new Error('lost')),
    }
    const report = await runConformance({ backend: REFERENCE, only: ['own'], additionalCases: [leaking] })
    expect(report.failures[0]?.message).to.include('lost')
  })

  it('says which backend cannot be found', async () => {
    const { error } = await outcomeOf(runConformance({ backend: 'no-such-package' }))
    expect(String(error)).to.include('no-such-package')
  })
})

describe('the model', () => {
  it('finds a planted defect, shrinks the history, and prints what replays it', async () => {
    const report = await runConformance({
      ...broken('acceptOverCommitted'),
      only: ['model.histories'],
      seed: 3,
      budgets: { modelRuns: 2_000 },
    })
    expect(report.failed).to.equal(1)
    const { message = '' } = report.failures[0] ?? {}
    expect(message).to.match(/PLOG_CONFORMANCE_REPLAY='-?\d+\/[\d:]+\//)
    expect(message).to.include('accept')
  })

  it('replays the shrunk history of a failure', async () => {
    const options = {
      ...broken('acceptOverCommitted'),
      only: ['model.histories'],
      seed: 3,
      budgets: { modelRuns: 2_000 },
    }
    const first = (await runConformance(options)).failures[0]?.message ?? ''
    process.env[REPLAY_VARIABLE] = /REPLAY='([^']*)'/.exec(first)?.[1] ?? ''
    try {
      const again = (await runConformance({ ...options, seed: 99 })).failures[0]?.message ?? ''
      expect(again).to.match(/^after 1 histories and 0 shrinks/)
      expect(/history: (.*)/.exec(again)?.[1]).to.equal(/history: (.*)/.exec(first)?.[1])
    } finally {
      delete process.env[REPLAY_VARIABLE]
    }
  })

  it('makes the same choices for the same seed', async () => {
    const run = async () => {
      const options = {
        ...broken('learnOverCommitted'),
        only: ['model.histories'],
        seed: 5,
        budgets: { modelRuns: 500 },
      }
      return (await runConformance(options)).failures[0]?.message
    }
    expect(await run()).to.equal(await run())
  })
})
