import type { Capabilities } from '@persistent-log/core'
import type { Case } from '../suites/case.js'
import type { AskedState } from './asked-state.js'
import type { Budgets } from './budgets.js'
import { CaseContext } from './case-context.js'
import { inFreshDirectory } from './fresh-directory.js'
import { inTime } from './in-time.js'
import { noEndDuring } from './no-end-during.js'
import { hashText } from './random.js'
import type { StrayRejections } from './stray-rejections.js'
import type { Tally } from './tally.js'
import type { Target } from './target.js'
import { Unproven } from './unproven.js'
import { reasonOf } from './reason.js'

/** How long a case may take unless it says otherwise, in ms. A law never rests on it: it only ends what hangs. */
export const DEFAULT_TIMEOUT_MS = 30_000

/** What all cases of a run share. */
export interface RunSetting {
  readonly target: Target
  readonly backendName: string
  readonly capabilities: Capabilities
  readonly seed: number
  readonly budgets: Budgets
  readonly tally: Tally
  /** The only state or fault that a case tries. */
  readonly askedState?: AskedState | undefined
  /** Where the cases' directories are made; default the system's folder for temporary files. */
  readonly parent?: string | undefined
}

/** How long a case may take, in ms. */
export const timeLimitOf = ({ timeoutMs = DEFAULT_TIMEOUT_MS }: Pick<Case, 'timeoutMs'>): number => timeoutMs

/** How long its logs may take to close behind it, in ms. */
export const closeLimitOf = (item: Pick<Case, 'timeoutMs'>): number =>
  Math.min(timeLimitOf(item), DEFAULT_TIMEOUT_MS)

/**
 * Runs one case; one that hangs fails after its time. Every log that it opened is closed afterwards, also when it failed.
 * What it found itself counts; what is wrong beside that (a log that does not close, a promise that failed for nobody) fails
 * a case that found nothing, and is a warning otherwise.
 */
export async function runCase(item: Case, setting: RunSetting, strays?: StrayRejections): Promise<void> {
  const { askedState } = setting
  const found: unknown[] = []
  const examine = (): Promise<void> =>
    inFreshDirectory(setting.parent, async (directory) => {
      const seed = hashText(item.id, setting.seed ^ 0x811c9dc5)
      const ctx = new CaseContext({ ...setting, directory, seed, state: askedState?.text })
      const run = (): Promise<void> => runInTime(item, ctx)
      try {
        await (askedState === undefined ? run() : askedState.watch(ctx, run))
      } finally {
        await closeInTime(item, ctx).catch((error: unknown) => found.push(error))
      }
    })
  const examined = (): Promise<void> => (strays === undefined ? examine() : strays.during(item.id, examine))
  await noEndDuring(`${item.id} examined ${setting.backendName}`, examined).catch((error: unknown) =>
    found.unshift(error),
  )
  await strays?.check(item.id).catch((error: unknown) => found.push(error))
  conclude(item, found, setting.tally)
}

function runInTime(item: Case, ctx: CaseContext): Promise<void> {
  const limitMs = timeLimitOf(item)
  return inTime(item.run(ctx), limitMs, `the case did not end within ${limitMs} ms`)
}

function closeInTime(item: Case, ctx: CaseContext): Promise<void> {
  const limitMs = closeLimitOf(item)
  return inTime(ctx.closeAll(), limitMs, `a log that the case had opened did not close within ${limitMs} ms`)
}

/** Throws the first failure: that a case proved nothing is none. */
function conclude({ id }: Case, found: readonly unknown[], tally: Tally): void {
  const failures = found.filter((error) => !(error instanceof Unproven))
  const [counts, ...others] = failures.length > 0 ? failures : found
  for (const other of others) {
    tally.warnings.push(`${id}, beside what it found: ${reasonOf(other)}`)
  }
  if (found.length > 0) throw counts
}
