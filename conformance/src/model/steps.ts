import fc from 'fast-check'
import type { Ballot, Proposal } from '@persistent-log/core'
import { collect, shownEntry } from '../running/dump.js'
import { hex } from '../running/values.js'
import { CompareCommand, CrashCommand, ReopenCommand, shown, StepCommand, type Step } from './commands.js'
import type { ModelSlot } from './model-state.js'

// Slots, ballots and values are few: defects show where they meet again.
const SLOTS = 13
const slot = fc.nat({ max: SLOTS - 1 })
const ballot = fc.record({ round: fc.nat({ max: 3 }), nodeId: fc.nat({ max: 1 }) })
const value = fc.constantFrom('', 'a', 'b', 'ab').map((text) => new TextEncoder().encode(text))
const proof = fc.option(fc.constantFrom(Uint8Array.of(), Uint8Array.of(7)), { nil: undefined, freq: 3 })
const proposal = fc.record({ slot, ballot, value, proof })
const proposals = fc.uniqueArray(proposal, { maxLength: 4, selector: (one) => one.slot })
const id = fc.record({ slot, ballot, proof })
const ids = fc.uniqueArray(id, { maxLength: 4, selector: (one) => one.slot })
const end = fc.option(slot, { nil: undefined })

const listed = (items: readonly { slot: number; ballot: Ballot; value?: Uint8Array }[]): string =>
  items.map((one) => `${one.slot}@${shown(one.ballot)}${one.value ? `=${hex(one.value)}` : ''}`).join(' ')

const entryOf = (given: unknown): unknown => {
  const held = given as Partial<ModelSlot> | undefined
  return held && [held.ballot, held.value && hex(held.value), held.proof && hex(held.proof)]
}

const step = (made: Step): StepCommand => new StepCommand(made)

const accept = (one: Proposal): Step => ({
  name: `accept ${listed([one])}`,
  model: (model) => model.accept(one),
  real: (log) => log.accept(one),
})

/** Calls that change the log. */
const writes = [
  { weight: 6, arbitrary: proposal.map((one) => step(accept(one))) },
  {
    weight: 3,
    arbitrary: fc.tuple(proposals, fc.option(slot, { nil: undefined, freq: 2 })).map(([batch, discardFrom]) =>
      step({
        name: `acceptAll ${listed(batch)} discardFrom ${discardFrom}`,
        model: (model) => model.acceptAll(batch, discardFrom),
        real: (log) => log.acceptAll(batch, { discardFrom }),
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: id.map((one) =>
      step({
        name: `commit ${listed([one])}`,
        model: (model) => model.commit(one),
        real: (log) => log.commit(one),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: ids.map((batch) =>
      step({
        name: `commitAll ${listed(batch)}`,
        model: (model) => model.commitAll(batch),
        real: (log) => log.commitAll(batch),
      }),
    ),
  },
  {
    // Commits whatever is accepted: random ballots seldom meet.
    weight: 3,
    arbitrary: slot.map((at) =>
      step({
        name: `commit what is in ${at}`,
        model: (model) =>
          model.commit({ slot: at, ballot: model.readAccepted(at)?.ballot ?? { round: 0, nodeId: 0 } }),
        real: async (log) => {
          const held = await log.readAccepted(at)
          await log.commit({ slot: at, ballot: held?.ballot ?? { round: 0, nodeId: 0 } })
        },
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: proposal.map((one) =>
      step({
        name: `learn ${listed([one])}`,
        model: (model) => model.learn(one),
        real: (log) => log.learn(one),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: proposals.map((batch) =>
      step({
        name: `learnAll ${listed(batch)}`,
        model: (model) => model.learnAll(batch),
        real: (log) => log.learnAll(batch),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: ballot.map((one) =>
      step({
        name: `promise ${shown(one)}`,
        model: (model) => model.promise(one),
        real: (log) => log.promise(one),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(slot, end).map(([from, to]) =>
      step({
        name: `discard ${from} to ${to}`,
        model: (model) => model.discard(from, to),
        real: (log) => log.discard({ from, to }),
        answer: (given) => given,
      }),
    ),
  },
]

/** Calls to the stores beside the log, and compaction. */
const stores = [
  {
    weight: 2,
    arbitrary: fc.tuple(slot, value, fc.boolean()).map(([at, content, acrossGaps]) =>
      step({
        name: `store checkpoint ${at} ${hex(content)} acrossGaps ${acrossGaps}`,
        model: (model) => model.storeCheckpoint(at, content, { acrossGaps }).slot,
        real: async (log) => (await log.checkpoints.store(at, content, { acrossGaps })).slot,
        answer: (given) => given,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(slot, value, ballot, fc.boolean()).map(([at, content, of, discards]) =>
      step({
        name: `install ${at} ${hex(content)} ${shown(of)} discards ${discards}`,
        model: (model) =>
          model.installCheckpoint(at, content, { ballot: of, discardFrom: discards ? at + 1 : undefined })
            .slot,
        real: async (log) => {
          const discardFrom = discards ? at + 1 : undefined
          return (await log.checkpoints.install(at, content, { ballot: of, discardFrom })).slot
        },
        answer: (given) => given,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 3 }).map((keep) =>
      step({
        name: `prune ${keep}`,
        model: (model) => model.prune(keep),
        real: async (log) => (await log.checkpoints.prune({ keep })).removed,
        answer: (given) => given,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(slot, fc.nat({ max: 2 }), fc.boolean(), fc.boolean())
      .map(([before, retain, acrossGaps, withoutCheckpoint]) =>
        step({
          name: `compact ${before} retain ${retain} acrossGaps ${acrossGaps} withoutCheckpoint ${withoutCheckpoint}`,
          model: (model) => {
            model.compact({ before, retain, acrossGaps, withoutCheckpoint })
            return model.state.point
          },
          real: async (log) =>
            (await log.compact({ before, retain, acrossGaps, withoutCheckpoint })).compactedBefore,
          answer: (given) => given,
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('members', 'hard state'), fc.nat({ max: 3 }), value)
      .map(([name, version, content]) =>
        step({
          name: `configure ${name} ${version} ${hex(content)}`,
          model: (model) => model.storeConfiguration(name, { version, value: content }),
          real: (log) => log.configuration.store(name, { version, value: content }),
        }),
      ),
  },
]

/** Calls that only look. */
const reads = [
  {
    weight: 2,
    arbitrary: slot.map((at) =>
      step({
        name: `read ${at}`,
        model: (model) => model.read(at),
        real: (log) => log.read(at),
        answer: entryOf,
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: slot.map((at) =>
      step({
        name: `readAccepted ${at}`,
        model: (model) => model.readAccepted(at),
        real: (log) => log.readAccepted(at),
        answer: entryOf,
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(slot, end, fc.boolean()).map(([from, to, decided]) =>
      step({
        name: `scan ${decided ? 'decisions' : 'proposals'} ${from} to ${to}`,
        model: (model) => {
          model.checkSlot(from)
          const found = model.slots(from, to).filter((at) => model.state.slots.get(at)?.decided === decided)
          return found.map((at) =>
            shownEntry({ slot: at, status: decided ? 'decided' : 'accepted', ...model.state.slots.get(at)! }),
          )
        },
        real: async (log) => {
          const scan = decided ? log.decisions({ from, to }) : log.uncommitted({ from, to })
          return (await collect(scan)).map(shownEntry)
        },
        answer: (given) => given,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: slot.map((at) =>
      step({
        name: `nearest checkpoint to ${at}`,
        model: (model) => model.nearest(at)?.slot,
        real: async (log) => (await log.checkpoints.nearest(at))?.slot,
        answer: (given) => given,
      }),
    ),
  },
  { weight: 2, arbitrary: fc.constant(new CompareCommand()) },
]

/** What is in histories beside calls. */
export interface HistoryOptions {
  readonly reopens: boolean
  readonly crashes?: boolean
  /** The history of an earlier failure. */
  readonly replayPath?: string | undefined
}

/** Random histories. */
export function histories({ reopens, crashes = false, replayPath }: HistoryOptions) {
  const all = [...writes, ...stores, ...reads]
  if (reopens) all.push({ weight: 2, arbitrary: fc.constant(new ReopenCommand()) })
  if (crashes) all.push({ weight: 3, arbitrary: fc.nat().map((seed) => new CrashCommand(seed)) })
  const weighted = all.flatMap(({ weight, arbitrary }) => Array.from({ length: weight }, () => arbitrary))
  return fc.commands(weighted as Parameters<typeof fc.commands<never, never>>[0], {
    maxCommands: 40,
    size: 'max',
    ...(replayPath === undefined ? {} : { replayPath }),
  })
}

/** One random history of so many steps, without the comparisons in between. */
export function randomSteps(seed: number, count: number): readonly Step[] {
  const all: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<unknown> }[] = [
    ...writes,
    ...stores,
    ...reads,
  ]
  const isStep = (one: unknown): one is StepCommand => one instanceof StepCommand
  const steps = fc.oneof(...all).filter(isStep)
  return fc.sample(steps, { seed, numRuns: count }).map((command) => command.step)
}
