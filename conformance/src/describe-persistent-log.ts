import { STATE_CASE } from './running/asked-state.js'
import { checkSuiteOptions } from './running/options.js'
import { requiredAndMissing } from './running/outcomes.js'
import { prepareRun, type PreparedRun } from './running/prepare-run.js'
import { closeLimitOf, runCase, timeLimitOf } from './running/run-case.js'
import { tierOf } from './running/selection.js'
import { skipFrom } from './running/skip-test.js'
import { ALL_TIERS } from './running/tiers.js'
import { Unproven } from './running/unproven.js'
import type { ConformanceOptions } from './run-conformance.js'
import type { Case } from './suites/case.js'

/** The kit ends what hangs, and says what it was; a runner that does it by itself comes so much later, in ms. */
const RUNNER_MARGIN_MS = 5_000

/** The two functions of a test runner: mocha's, vitest's or node:test's. */
export interface Runner {
  readonly describe: (title: string, body: () => void) => unknown
  readonly it: It
}

/** Registers a test; where the runner has it, `skip` registers one that does not run. */
export interface It {
  (title: string, body: () => Promise<void>, timeoutMs?: number): unknown
  readonly skip?: ((title: string, body: () => Promise<void>) => unknown) | undefined
}

/** What to examine, and with which runner. */
export interface DescribeOptions extends Omit<
  ConformanceOptions,
  'onBegin' | 'onStart' | 'onCase' | 'bail' | 'tally'
> {
  /** Default: mocha's globals. */
  readonly runner?: Runner | undefined
}

/**
 * Registers a test per case with a test runner: the whole conformance test of a backend is
 *
 * ```ts
 * await describePersistentLog({ backend: 'my-backend' })
 * ```
 *
 * It must be awaited (at the top level of an ES module): the log is opened first to see which cases apply. Those that do
 * not are printed with the reason; they are not registered, so that no runner counts them as skipped by accident. A case
 * that this machine cannot run is registered as a skipped test; where `CI` is `true`, or its tier is required, it fails. One
 * that ran and proved nothing is skipped as well, unless its tier is required.
 */
export async function describePersistentLog(options: DescribeOptions): Promise<void> {
  checkSuiteOptions(options)
  const { describe, it } = options.runner ?? globalRunner()
  const inCi = process.env['CI'] === 'true' ? ALL_TIERS : undefined
  const run = await prepareRun(options)
  const { chosen, leftOut, setting } = run
  const { backendName: backend, seed } = setting
  for (const { case: id, reason, because } of leftOut) {
    if (because === 'log') console.log(`${backend}: ${id} does not apply: ${reason}`)
    if (because === 'waiver') console.log(`${backend}: ${id} is WAIVED: ${reason}`)
  }
  describe(`conformance of ${backend} (seed ${seed})`, () => {
    if (chosen.length === 0) {
      it('runs at least one case', async () => {
        throw new Error('no case applies')
      })
    }
    for (const item of chosen) {
      const timeoutMs = timeLimitOf(item) + closeLimitOf(item) + RUNNER_MARGIN_MS
      const registered = it(`${item.id} ${item.title}`, bodyOf(item, run), timeoutMs)
      if (hasTimeout(registered)) registered.timeout(timeoutMs)
    }
    const { askedState } = setting
    if (askedState !== undefined) {
      it(`${STATE_CASE.id} ${STATE_CASE.title}`, async () => {
        const why = askedState.whyUntried()
        if (why !== undefined) throw new Error(why)
      })
    }
    registerMissing(it, inCi === undefined ? run : { ...run, required: inCi })
  })
}

/** A case that proves nothing is a skipped test, but where its tier is required. */
function bodyOf(item: Case, { setting, required }: PreparedRun): () => Promise<void> {
  return async function (this: unknown, ...given: readonly unknown[]): Promise<void> {
    try {
      await runCase(item, setting)
    } catch (error) {
      if (!(error instanceof Unproven) || required.includes(tierOf(item))) throw error
      console.log(`${setting.backendName}: ${item.id} proved nothing: ${error.message}`)
      skipFrom([this, ...given], error.message)
    }
  }
}

/** The cases that this machine cannot run. */
function registerMissing(it: It, run: PreparedRun): void {
  const fatal = new Set(requiredAndMissing(run))
  for (const one of run.leftOut.filter(({ because }) => because === 'machine')) {
    const title = `${one.case} (tier ${one.tier})`
    const fail = async (): Promise<void> => {
      throw new Error(`this machine cannot run it: ${one.reason}`)
    }
    if (fatal.has(one)) it(title, fail)
    else if (it.skip) it.skip(`${title} [skip: ${one.reason}]`, fail)
    else console.log(`SKIPPED ${title}: ${one.reason}`)
  }
}

/** Mocha hands out the test, on which the time is set; vitest and node:test have other ways. */
function hasTimeout(registered: unknown): registered is { timeout(limitMs: number): unknown } {
  return (
    typeof registered === 'object' &&
    registered !== null &&
    'timeout' in registered &&
    typeof registered.timeout === 'function'
  )
}

function globalRunner(): Runner {
  const { describe, it } = globalThis as unknown as Partial<Runner>
  if (describe === undefined || it === undefined) {
    throw new TypeError('runner: outside mocha, hand in { describe, it }')
  }
  return { describe, it }
}
