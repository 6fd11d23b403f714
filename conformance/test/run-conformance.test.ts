import { expect } from 'chai'
import {
  FULL_BUDGETS,
  outcomeOf,
  REPLAY_VARIABLE,
  runConformance,
  Unproven,
  type Case,
  type CaseContext,
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

  describe('blames whoever did it', () => {
    const own = async (...additionalCases: readonly Case[]) => {
      const told: string[] = []
      const report = await runConformance({
        backend: REFERENCE,
        only: ['own'],
        additionalCases,
        onCase: ({ case: id, outcome }) => told.push(`${id} ${outcome}`),
      })
      return { ...report, told, found: report.failures.map((failure) => [failure.case, failure.message]) }
    }
    const passing: Case = { id: 'own.passes', title: 'passes', run: () => Promise.resolve() }
    /** A promise that fails for nobody, but not before the other case runs. */
    const later = () => {
      let fail = (): void => undefined
      const gate = new Promise<void>((resolve) => (fail = resolve))
      const stray = async () => {
        await gate
        throw new Error('lost')
      }
      const other: Case = { id: 'own.is-next', title: 'is the next one', run: async () => fail() }
      return { stray, other }
    }

    it('where a case failed and left a failed promise behind: the next one passes', async () => {
      const untidy: Case = {
        ...failing,
        run: () => {
          void Promise.reject(new Error('lost'))
          return failing.run({} as never)
        },
      }
      const { found, passed, warnings } = await own(untidy, passing)
      expect(found).to.deep.equal([['own.fails', 'as it should']])
      expect(passed).to.equal(1)
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(/^own\.fails, beside what it found: .* nobody was told; the first: lost$/)
    })

    it('where a promise of a case fails while another one runs', async () => {
      const { stray, other } = later()
      const late: Case = { id: 'own.late', title: 'is late', run: async () => void stray() }
      const { found, told, passed } = await own(late, other, passing)
      expect(found).to.deep.equal([['own.late', '1 promise(s) failed and nobody was told; the first: lost']])
      expect(told).to.deep.equal([
        'own.late passed',
        'own.is-next passed',
        'own.late failed',
        'own.passes passed',
      ])
      expect(passed).to.equal(2)
    })

    it('where a case that had failed does so: it fails once', async () => {
      const { stray, other } = later()
      const late: Case = { ...failing, run: (ctx) => (void stray(), failing.run(ctx)) }
      const { found, warnings } = await own(late, other)
      expect(found).to.deep.equal([['own.fails', 'as it should']])
      expect(warnings[0]).to.match(/^own\.fails, after it had failed: .* the first: lost$/)
    })

    it('where a case proved nothing, and left a failed promise behind: it has failed', async () => {
      const untidy: Case = {
        ...passing,
        run: () => {
          void Promise.reject(new Error('lost'))
          return Promise.reject(new Unproven('no fault hit'))
        },
      }
      const { found, unproven } = await own(untidy)
      expect(found.map(([, message]) => message)).to.deep.equal([
        '1 promise(s) failed and nobody was told; the first: lost',
      ])
      expect(unproven).to.deep.equal([])
    })

    const neverClosing = async (ctx: CaseContext) => {
      const log = await ctx.open()
      Object.defineProperty(log, 'close', { value: () => new Promise(() => undefined) })
    }

    it('where a log hangs in close behind a finding, which is not lost', async () => {
      const { found, warnings } = await own({
        ...failing,
        timeoutMs: 200,
        run: (ctx) => neverClosing(ctx).then(() => failing.run(ctx)),
      })
      expect(found).to.deep.equal([['own.fails', 'as it should']])
      expect(warnings[0]).to.include('a log that the case had opened did not close within 200 ms')
    })

    it('where a log only hangs in close', async () => {
      const { found } = await own({ ...passing, timeoutMs: 200, run: neverClosing })
      expect(found).to.deep.equal([
        ['own.passes', 'a log that the case had opened did not close within 200 ms'],
      ])
    })
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
