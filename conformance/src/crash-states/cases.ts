import { expect } from 'chai'
import type { CaseContext } from '../running/case-context.js'
import { Unproven } from '../running/unproven.js'
import { needs, needsAll, type Case } from '../suites/case.js'
import { chosenState, examineCrashes, type CrashExamination, type CrashTotals } from './crash-examination.js'
import type { StateChoice, WorkloadPlan } from './messages.js'
import { PACE_MS } from './plan-weak-decisions.js'

/** Thousands of states, in ms: only what hangs takes so long. */
const TIMEOUT_MS = 3_600_000

/** A workload with a clean close in the middle; in every third session or so something is compacted. */
const MIXED: WorkloadPlan = { sessions: 2, calls: 60, valueLength: 40 }

/** Decisions that a power cut may take, until something covers them. */
const WEAK: WorkloadPlan = { sessions: 1, calls: 24, valueLength: 700, weakest: 'process-crash' }

const needsAtomicBatches: Case['requires'] = ({ atomicBatches }) =>
  atomicBatches ? undefined : 'its batches are not atomic (atomicBatches is false)'

const needsWeakerWrites: Case['requires'] = ({ survives }) =>
  survives.accept === 'power-loss' && survives.commit === 'power-loss'
    ? undefined
    : `nothing that it acknowledges is weaker than ${survives.commit} and yet survives a crash of the process`

/** Where the order is kept, a recording of a native engine has few more. */
const STATES_PER_RECORDING = 1_000

/** The share of the budget that a case spends. */
const share = (ctx: CaseContext, part: number): number =>
  Math.max(1, Math.round(ctx.budgets.crashStates * part))

/** Examines one recording, unless `--state` asks for another one. */
async function examine(ctx: CaseContext, examination: CrashExamination): Promise<CrashTotals | undefined> {
  const only = chosenState(ctx.state)
  if (only !== undefined && only.recording !== examination.recording) return undefined
  const totals = await examineCrashes(ctx, examination)
  expect(totals.acknowledged, 'calls that were acknowledged while it was recorded').to.be.greaterThan(0)
  return totals
}

function statesCase(
  id: string,
  title: string,
  examinations: (ctx: CaseContext) => readonly Omit<CrashExamination, 'recording'>[],
  also: Pick<Case, 'requires'> = {},
  proven: (totals: readonly CrashTotals[]) => string | undefined = () => undefined,
): Case {
  return {
    id,
    title,
    requires: needsAll(needs('power-loss'), also.requires ?? (() => undefined)),
    spawns: true,
    follows: true,
    timeoutMs: TIMEOUT_MS,
    async run(ctx) {
      const all: CrashTotals[] = []
      for (const [recording, examination] of examinations(ctx).entries()) {
        const totals = await examine(ctx, { recording, ...examination })
        if (totals !== undefined) all.push(totals)
      }
      const why = ctx.state === undefined ? proven(all) : undefined
      if (why !== undefined) throw new Unproven(why)
    },
  }
}

/** Places of the failing flush: some in the creation, most behind it. */
function failingFlushes(ctx: CaseContext): readonly number[] {
  const count = Math.max(2, Math.round(ctx.budgets.crashStates / 250))
  return Array.from({ length: count }, (_, at) => (at === 0 ? 20 : 1 + ctx.random.below(60)))
}

/** What a log finds after a power cut: every state that its writes and flushes leave room for. */
export const crashStateCases: readonly Case[] = [
  statesCase(
    'dur.states-in-order',
    'holds what it acknowledged in every state that a disk which loses only the end may be in after a power cut',
    (ctx) => [{ plan: MIXED, choice: { model: 'in-order', most: share(ctx, 0.12) } }],
  ),
  statesCase(
    'dur.states-strict-model',
    'holds what it acknowledged in every state that POSIX allows: any write, name or removal that was not flushed may be missing',
    (ctx) => [
      { plan: MIXED, choice: { model: 'strict', most: share(ctx, 0.2) } },
      {
        plan: { ...MIXED, sessions: 1, valueLength: 700 },
        choice: { model: 'strict', most: share(ctx, 0.1) },
      },
    ],
  ),
  statesCase(
    'dur.states-ext4-model',
    'holds what it acknowledged in every state that a file system with a journal of names may be in after a power cut',
    (ctx) => [{ plan: MIXED, choice: { model: 'ext4', most: share(ctx, 0.15) } }],
  ),
  statesCase(
    'dur.dir-fsync-on-create',
    'opens, as new or with what it acknowledged, in every state that a power cut in its first moments leaves',
    (ctx) => [
      { plan: { ...MIXED, sessions: 1, calls: 2 }, choice: { model: 'strict', most: share(ctx, 0.1) } },
    ],
  ),
  statesCase(
    'batch.crash-states-all-or-nothing',
    'holds each batch whole or not at all in every state after a power cut',
    (ctx) => [
      {
        plan: { sessions: 1, calls: 12, valueLength: 90, only: 'batches' },
        choice: { model: 'strict', most: share(ctx, 0.15) },
      },
    ],
    { requires: needsAtomicBatches },
  ),
  statesCase(
    'batch.weak-states-all-or-nothing',
    'holds each batch that asks for less whole or not at all after a power cut, whatever it repeats or was superseded since',
    (ctx) => [
      {
        plan: { ...WEAK, valueLength: 90, only: 'weak batches' },
        choice: { model: 'strict', most: share(ctx, 0.1) },
        // Such accepts are the log's normal ones: it need not prepare for each of them anew.
        config: { durability: { accept: 'process-crash' } },
      },
    ],
    { requires: needsAll(needsAtomicBatches, needsWeakerWrites) },
  ),
  statesCase(
    'rec.crash-during-recovery',
    'holds what it acknowledged when the power is cut again while it recovers, or right after that',
    (ctx) => [
      {
        plan: { ...MIXED, calls: 40 },
        choice: { model: 'strict', most: Math.ceil(share(ctx, 0.15) / 10), duringRecovery: 10 },
      },
    ],
  ),
  statesCase(
    'dur.states-with-weaker-writes',
    'keeps what was to survive a power cut among writes that need not, and casts no vote where it may have forgotten one',
    (ctx) => [
      {
        plan: { sessions: 2, calls: 40, valueLength: 40, weakest: 'process-crash' },
        choice: { model: 'strict', most: share(ctx, 0.08) },
      },
    ],
    { requires: needsWeakerWrites },
  ),
  statesCase(
    'cp.states-hold-what-it-covers',
    'has no checkpoint after a power cut without the decisions below it, though those had asked for less',
    (ctx) => [
      {
        plan: { ...WEAK, only: 'weak below checkpoints' },
        choice: { model: 'strict', most: share(ctx, 0.08) },
      },
    ],
    { requires: needsWeakerWrites },
  ),
  statesCase(
    'dur.states-with-paced-flushes',
    'has flushed weaker writes in the pace that its user asked for, whatever stronger ones followed them',
    (ctx) => [
      {
        plan: { ...WEAK, only: 'weak in a pace' },
        choice: { model: 'strict', most: share(ctx, 0.08) },
        config: { durability: { flush: { everyMs: PACE_MS } } },
      },
    ],
    { requires: needsWeakerWrites },
  ),
  statesCase(
    'dur.states-with-repeated-writes',
    'holds what a stronger call repeated, alone or in a batch, though it changed nothing any more',
    (ctx) => [
      {
        plan: { ...WEAK, only: 'weak repeated' },
        choice: { model: 'strict', most: share(ctx, 0.08) },
      },
    ],
    { requires: needsWeakerWrites },
  ),
  statesCase(
    'fault.fsync-eio-poisons',
    'takes no write any more, and believes nothing that a failed flush left behind: neither then, nor after reopening, nor after a power cut behind that',
    (ctx) =>
      failingFlushes(ctx).map((failedFlush, _, all) => ({
        plan: { ...MIXED, settings: { failedFlush } },
        choice: { model: 'strict', most: Math.ceil(share(ctx, 0.15) / all.length) },
      })),
    {},
    (totals) => (totals.some(({ failedFlushes }) => failedFlushes > 0) ? undefined : 'no flush failed'),
  ),
  statesCase(
    'fault.short-write-completed',
    'completes writes of which the system takes only a part',
    (ctx) => [
      {
        plan: { ...MIXED, calls: 40, settings: { shortWriteEvery: 3 } },
        choice: { model: 'in-order', most: share(ctx, 0.05) },
      },
    ],
    {},
    ([totals]) => (totals !== undefined && totals.shortWrites > 0 ? undefined : 'no write was cut short'),
  ),
  tracedCase('in-order', 'a disk which loses only the end', { model: 'in-order' }, 1),
  tracedCase('strict', 'POSIX', { model: 'strict' }, 0.5),
  tracedCase('ext4', 'a file system with a journal of names', { model: 'ext4' }, 0.5),
  tracedCase('torn', 'a device that tears sectors', { model: 'strict', tearing: 'always' }, 0.25),
]

/** For engines that make their system calls themselves. Most trust a device to write a sector whole or not at all. */
function tracedCase(
  name: string,
  whose: string,
  { model, tearing = 'between-sectors' }: Pick<StateChoice, 'model' | 'tearing'>,
  part: number,
): Case {
  const inner = statesCase(
    `dur.traced-states-${name}`,
    `holds what it acknowledged in every state after a power cut that its system calls and ${whose} allow`,
    (ctx) => {
      const recordings = Math.ceil(share(ctx, part) / STATES_PER_RECORDING)
      const most = Math.ceil(share(ctx, part) / recordings)
      return Array.from({ length: recordings }, () => ({
        plan: MIXED,
        choice: { model, tearing, most },
        isTraced: true,
      }))
    },
  )
  return { ...inner, tier: 2, follows: false }
}
