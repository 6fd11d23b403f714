import { expect } from 'chai'
import {
  BUDGET_VARIABLE,
  compareBackends,
  describePersistentLog,
  BRIEF_BUDGETS,
  FULL_BUDGETS,
  outcomeOf,
  QUICK_BUDGETS,
  REPLAY_VARIABLE,
  runConformance,
  SEED_VARIABLE,
  type RunBeginning,
} from '@persistent-log/conformance'
import { resolveBudgets } from '../../src/running/budgets.js'
import { withVariables } from './with-variables.js'

const REFERENCE = new URL('../../src/mutants/reference.js', import.meta.url)
const ONE = { backend: REFERENCE, only: ['cfg.replace'] }

/** What a run of one case was begun with, or the message of its refusal. */
async function begun(options: object): Promise<RunBeginning | string> {
  let beginning: RunBeginning | undefined
  const onBegin = (told: RunBeginning) => void (beginning = told)
  const { error } = await outcomeOf(runConformance({ ...ONE, onBegin, ...options }))
  if (error === undefined) return beginning as RunBeginning
  expect(beginning).to.equal(undefined)
  expect(error).to.be.instanceOf(Error).and.include({ code: 'PLOG_INVALID_CONFIG' })
  return (error as Error).message
}

describe('options of a run', () => {
  const wrong: [options: object, message: string][] = [
    [{ tier: [1, 2] }, 'tier: is not a known key; allowed are backend, config, directory, seed, only, '],
    [{ backend: 5 }, 'backend: must be the name of a package, or the path or URL of a module, got 5'],
    [{ config: {} }, 'config: must be a function, got an object'],
    [{ directory: '' }, 'directory: must be the path of a directory, got ""'],
    [{ seed: 'abc' }, 'seed: must be an integer from 0 to 4294967295, got "abc"'],
    [{ seed: -1 }, 'seed: must be an integer from 0 to 4294967295, got -1'],
    [{ seed: 1.5 }, 'seed: must be an integer from 0 to 4294967295, got 1.5'],
    [{ only: 'basic' }, 'only: must be a list of at least one category or id of a case, got "basic"'],
    [{ only: [] }, 'only: must be a list of at least one category or id of a case, got an empty list'],
    [{ only: [7] }, 'only.0: must be a category or the id of a case, got 7'],
    [{ waivers: { 'cfg.replace': '' } }, 'waivers.cfg.replace: must be the reason, as a sentence, got ""'],
    [{ state: 12 }, 'state: must be a state or fault, as a failure prints it, got 12'],
    [{ tiers: '1,2' }, 'tiers: must be a list of 1, 2 and 3, got "1,2"'],
    [{ require: [4] }, 'require: must be a list of 1, 2 and 3, got 4'],
    [{ budgets: 'fll' }, 'budgets: must be "brief", "quick" or "full", or an object of numbers, got "fll"'],
    [{ budgets: null }, 'budgets: must be "brief", "quick" or "full", or an object of numbers, got null'],
    [
      { budgets: { modelRun: 3, kills: -1 } },
      'budgets.kills: must be an integer from 1 to 1000000000, got -1; budgets.modelRun: is not a known key; ' +
        'allowed are modelRuns, kills, crashStates, damages, faults, powerCuts',
    ],
    [
      { budgets: { kills: undefined } },
      'budgets.kills: must be an integer from 1 to 1000000000, got undefined',
    ],
    [{ additionalCases: [{ id: 'own.x' }] }, 'additionalCases.0.title: must be a sentence, got undefined'],
    [
      { additionalCases: [5] },
      'additionalCases.0: must be a case, with an id, a title and a function run, got 5',
    ],
    [{ withoutChildren: 1 }, 'withoutChildren: must be true or false, got 1'],
    [{ bail: 'yes' }, 'bail: must be true or false, got "yes"'],
    [{ tally: 3 }, 'tally: must be a tally, as newTally() makes it, got 3'],
    [{ onCase: true }, 'onCase: must be a function, got true'],
  ]
  for (const [options, message] of wrong) {
    it(`are refused before anything runs: ${message.slice(0, 60)}`, async () => {
      expect(await begun(options)).to.include(message)
    })
  }

  it('are refused all at once, and as a whole when they are no object', async () => {
    expect(await begun({ seed: 'x', bail: 1 }))
      .to.include('seed: ')
      .and.include('; bail: ')
    for (const options of [undefined, null, 5] as never[]) {
      const { error } = await outcomeOf(runConformance(options))
      expect(String(error)).to.include('PLOG_INVALID_CONFIG: must be an object of backend, config')
    }
  })

  it('of a suite are refused alike, and those that only a run has', async () => {
    const refuse = async (options: object, message: string) => {
      const { error } = await outcomeOf(describePersistentLog({ ...ONE, ...options }))
      expect(String(error)).to.include(message)
    }
    await refuse({ seed: 'x' }, 'seed: must be an integer')
    await refuse({ onCase: () => undefined }, 'onCase: is not a known key')
    await refuse({ runner: { describe } }, 'runner.it: must be a function')
  })

  it('of a comparison are refused alike', async () => {
    const both = { backends: [{ backend: REFERENCE }, { backend: REFERENCE }], seed: 1 }
    for (const [options, message] of [
      [{ seed: undefined }, 'seed: must be an integer from 0 to 4294967295, got undefined'],
      [{ calls: 0 }, 'calls: must be an integer from 1 to 1000000, got 0'],
      [{ backends: [{ backend: REFERENCE }] }, 'backends: must be a list of two backends, got a list'],
      [{ backends: [{ backend: REFERENCE }, { backnd: 'x' }] }, 'backends.1.backnd: is not a known key'],
    ] as const) {
      const { error } = await outcomeOf(compareBackends({ ...both, ...options } as never))
      expect(String(error)).to.include(message)
    }
  })
})

describe('variables of a run', () => {
  const wrong: [name: string, value: string, message: string][] = [
    [SEED_VARIABLE, '-1', 'must be an integer from 0 to 4294967295, got "-1"'],
    [SEED_VARIABLE, '4294967296', 'must be an integer from 0 to 4294967295, got "4294967296"'],
    [SEED_VARIABLE, 'abc', 'must be an integer from 0 to 4294967295, got "abc"'],
    [BUDGET_VARIABLE, 'huge', 'must be "brief", "quick" or "full", got "huge"'],
    [REPLAY_VARIABLE, 'xx', 'must be as a failure prints it, like 7/12:0:1/AAB:F, got "xx"'],
    [REPLAY_VARIABLE, '7/1/AAB', 'must be as a failure prints it'],
  ]
  for (const [name, value, message] of wrong) {
    it(`are refused by name and value: ${name}=${value}`, async () => {
      expect(await withVariables({ [name]: value }, () => begun({}))).to.include(`${name}: ${message}`)
    })
  }

  it('choose seed and budgets where the caller did not; empty ones say nothing', async () => {
    const chosen = await withVariables({ [SEED_VARIABLE]: '0', [BUDGET_VARIABLE]: 'full' }, () => begun({}))
    expect(chosen).to.deep.include({ seed: 0, budgets: FULL_BUDGETS })
    const empty = { [SEED_VARIABLE]: '', [BUDGET_VARIABLE]: '', [REPLAY_VARIABLE]: '' }
    expect(await withVariables(empty, () => begun({ seed: 3 }))).to.deep.include({
      seed: 3,
      budgets: QUICK_BUDGETS,
    })
  })
})

describe('budgets', () => {
  it('are a name, or numbers on top of the quick ones; absent damages and faults mean each of them', () => {
    expect(resolveBudgets('full')).to.equal(FULL_BUDGETS)
    expect(resolveBudgets('brief')).to.equal(BRIEF_BUDGETS)
    expect(resolveBudgets({ kills: 3 })).to.deep.equal({ ...QUICK_BUDGETS, kills: 3 })
    expect(resolveBudgets({ damages: undefined }).damages).to.equal(undefined)
  })

  it('are full where the environment says so, whatever the code says', async () => {
    await withVariables({ [BUDGET_VARIABLE]: 'full' }, () => {
      for (const choice of [undefined, 'quick', { kills: 3 }] as const)
        expect(resolveBudgets(choice)).to.equal(FULL_BUDGETS)
    })
    await withVariables({ [BUDGET_VARIABLE]: 'brief' }, () => {
      expect(resolveBudgets(undefined)).to.equal(BRIEF_BUDGETS)
      expect(resolveBudgets('quick')).to.equal(QUICK_BUDGETS)
    })
    await withVariables({ [BUDGET_VARIABLE]: 'quick' }, () => {
      expect(resolveBudgets(undefined)).to.equal(QUICK_BUDGETS)
      expect(resolveBudgets('full')).to.equal(FULL_BUDGETS)
    })
  })
})
