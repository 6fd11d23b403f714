import { survivesAtLeast, type Capabilities, type Survival } from '@persistent-log/core'
import type { Facility } from '../host/host.js'
import type { CaseContext } from '../running/case-context.js'
import type { Tier } from '../running/tiers.js'

/**
 * One law, examined. A case is data, so that mocha, the command line and the mutants run the very same thing.
 *
 * How to add one:
 *
 * 1. Put it into the file of its category in `suites/` (a new category is a new file with an exported array, listed in
 *    `suites/index.ts`). The id is `category.what-is-true`, stable for ever; the title is a sentence.
 * 2. Open the log with `await ctx.open({ firstSlot: 1, limits: { ... } })` and reopen it with `await ctx.reopen(log)`.
 *    The directory is fresh; everything opened is closed and removed after the case, also when it fails.
 * 3. Examine the state, not only the answer: `ctx.unchanged(log, () => ...)` proves that a refusal changed nothing,
 *    `dump(log)` is all that a log shows. Refusals: `rejects(call, 'PLOG_...', { slot: 3 })`; programmer's mistakes:
 *    `rejectsArgument(call, 'RangeError', 'slot')`.
 * 4. What a backend may lack goes into `requires`: the reason, as a sentence, when the case does not apply. It is printed
 *    and listed in the report; never return early from `run`.
 * 5. Chance comes from `ctx.random` only. What a case counts goes into `ctx.tally`.
 * 6. A case that starts child processes sets `spawns: true` and sends them `ctx.order(overrides)` as JSON; the child calls
 *    `openLogUnderTest(order)`. How many kills it may make is `ctx.budgets.kills`.
 * 7. A case that needs strace or a mounted file system names its `tier`, and in `facilities` what not every case of the tier
 *    needs. One that was to hit something and did not throws `Unproven`: it has neither passed nor failed. Where a case
 *    tries many states, `ctx.state` is the one that `--state` asks for; its failure prints what to ask for.
 * 8. Each case must be failed by a mutant (`src/mutants/`), or it proves nothing: plant the defect that it is after, and name
 *    both in `src/mutants/proofs` (a broken reference log) or `src/mutants/toy/toy-mutants.ts` (a broken log on the disk).
 */
export interface Case {
  readonly id: string
  readonly title: string
  /**
   * Why the case does not apply to a log with these capabilities; `undefined` when it does. `files` are the names that a
   * closed log leaves in its directory.
   */
  readonly requires?: (capabilities: Capabilities, files: readonly string[]) => string | undefined
  /** What it asks of the machine; default 1: files and processes. */
  readonly tier?: Tier
  /** What it needs beside that which every case of its tier needs. */
  readonly facilities?: readonly Facility[]
  /** It starts child processes, and takes longer than the others. */
  readonly spawns?: boolean
  /** It follows what the log does to its files, which it can where the log goes through `node:fs`. */
  readonly follows?: boolean
  /** Default 10 s. */
  readonly timeoutMs?: number
  run(ctx: CaseContext): Promise<void>
}

/** Applies where what was acknowledged is there after `close` and a new open. */
export const needsReopen = (capabilities: Capabilities): string | undefined =>
  needs('process-crash')(capabilities)

/** Applies where accepts and commits can survive at least this. */
export const needs =
  (survival: Survival) =>
  ({ survives }: Capabilities): string | undefined =>
    survivesAtLeast(survives.accept, survival) && survivesAtLeast(survives.commit, survival)
      ? undefined
      : `what it acknowledges survives ${survives.accept} (accept) and ${survives.commit} (commit), not ${survival}`

/** Applies where each of these requirements holds. */
export const needsAll =
  (...requirements: readonly NonNullable<Case['requires']>[]) =>
  (capabilities: Capabilities, files: readonly string[]): string | undefined =>
    requirements.map((requirement) => requirement(capabilities, files)).find((reason) => reason !== undefined)
