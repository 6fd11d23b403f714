import { expect } from 'chai'
import {
  describePersistentLog,
  outcomeOf,
  REPLAY_VARIABLE,
  runConformance,
  STATE_VARIABLE,
  type Case,
} from '@persistent-log/conformance'
import { withVariables } from './with-variables.js'

const REFERENCE = new URL('../../src/mutants/reference.js', import.meta.url)

describe('names of cases', () => {
  const refusal = async (only: readonly string[], more: object = {}): Promise<string> =>
    String((await outcomeOf(runConformance({ backend: REFERENCE, only, ...more }))).error)

  it('that mean no case are refused beside others that do, with what there is', async () => {
    const message = await refusal(['basic', 'nosuch'])
    expect(message).to.include(
      'PLOG_INVALID_CONFIG: only.1: must mean a case: there are the categories basic, ',
    )
    expect(message).to.match(/, got "nosuch"$/)
    expect(await refusal(['cfg.replaced'])).to.match(
      /only\.0: must mean a case: cfg has .*cfg\.replace.*, got "cfg\.replaced"$/,
    )
    expect(await refusal(['nosuch*'])).to.include('must mean a case')
  })

  it('that mean cases of other tiers only are refused with those tiers', async () => {
    expect(await refusal(['basic'], { tiers: [2] })).to.include(
      'only.0: must mean a case that is run: all that it means is of tier 1, and tier 2 is run, got "basic"',
    )
    const own: Case = { id: 'own.cut', title: 'is cut', tier: 3, run: () => Promise.resolve() }
    const more = { additionalCases: [own], tiers: [1, 2] }
    expect(await refusal(['cfg.replace', 'own'], more)).to.include(
      'only.1: must mean a case that is run: all that it means is of tier 3, and tier 1 and 2 is run, got "own"',
    )
  })
})

describe('a state that was asked for', () => {
  const trying: Case = {
    id: 'own.states',
    title: 'tries states',
    run: async ({ state, tally }) => void (state === 'one' && tally.crashStates++),
  }
  /** Counts states whatever is asked for, as histories with crashes do. */
  const counting: Case = {
    id: 'own.counts',
    title: 'counts',
    run: async ({ tally }) => void tally.crashStates++,
  }
  const options = { backend: REFERENCE, only: ['own'], additionalCases: [trying, counting] }
  const WHY = 'must be one that a case which is run tries, as its failure prints it'

  it('is tried, and nothing else is said', async () => {
    expect(await runConformance({ ...options, state: 'one' })).to.include({ passed: 2, failed: 0 })
    const report = await withVariables({ [STATE_VARIABLE]: 'one' }, () => runConformance(options))
    expect(report).to.include({ passed: 2, failed: 0 })
  })

  it('fails the run when no case tries it', async () => {
    const report = await runConformance({ ...options, state: 'foo' })
    expect(report).to.include({ passed: 2, failed: 1 })
    expect(report.failures[0]).to.include({ case: 'kit.tries-the-state' })
    expect(report.failures[0]?.message)
      .to.include(`state: ${WHY}`)
      .and.match(/, got "foo"$/)
    const fromVariable = await withVariables({ [STATE_VARIABLE]: 'foo' }, () => runConformance(options))
    expect(fromVariable.failures[0]?.message).to.include(`${STATE_VARIABLE}: ${WHY}`)
  })

  it('leaves the word to a case that fails over it', async () => {
    const failing: Case = {
      ...trying,
      run: ({ state }) => Promise.reject(new RangeError(`state: ${state} is none`)),
    }
    const report = await runConformance({ ...options, additionalCases: [failing], state: 'foo' })
    expect(report.failures.map(({ message }) => message)).to.deep.equal(['state: foo is none'])
  })

  it('is a test of its own under a test runner', async () => {
    const ends = async (state: string): Promise<string[]> => {
      const tests: (() => Promise<void>)[] = []
      const runner = {
        describe: (_: string, body: () => void) => body(),
        it: (_: string, body: () => Promise<void>) => void tests.push(body),
      }
      await describePersistentLog({ ...options, state, runner })
      const errors: string[] = []
      for (const test of tests) await test().catch((error: Error) => errors.push(error.message))
      return errors
    }
    expect(await ends('one')).to.deep.equal([])
    const [why, ...rest] = await ends('foo')
    expect([why?.slice(0, 7 + WHY.length), rest]).to.deep.equal([`state: ${WHY}`, []])
  })
})

describe('a history that was asked for', () => {
  it('proves nothing in a case that has no such history', async () => {
    const report = await withVariables({ [REPLAY_VARIABLE]: '3/0:99999/' }, () =>
      runConformance({ backend: REFERENCE, only: ['model.histories'] }),
    )
    expect(report).to.include({ passed: 0, failed: 0 })
    expect(report.unproven[0]?.reason).to.equal('PLOG_CONFORMANCE_REPLAY names no history of this case')
  })
})

describe('a directory of a run', () => {
  it('that cannot be used is refused with its path and the reason', async () => {
    const { error } = await outcomeOf(runConformance({ backend: REFERENCE, directory: '/no/such' }))
    expect(String(error)).to.include('PLOG_IO: making a directory in the directory /no/such failed: ENOENT')
    const { error: temporary } = await withVariables({ TMPDIR: '/no/such' }, () =>
      outcomeOf(runConformance({ backend: REFERENCE })),
    )
    expect(String(temporary)).to.include('in the temporary directory (TMPDIR) /no/such failed: ENOENT')
  })
})
