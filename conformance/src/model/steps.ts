import fc from 'fast-check'
import {
  survivesAtLeast,
  type Ballot,
  type Capabilities,
  type Proposal,
  type Survival,
  type WriteOptions,
} from '@persistent-log/core'
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

const accept = (one: Proposal, options: WriteOptions): Step => ({
  name: `accept ${listed([one])}`,
  model: (model) => model.accept(one),
  real: (log) => log.accept(one, options),
})

/** Calls that change the log, asking for a survival of `survivals`; `undefined`: for none. */
const writes = (survivals: readonly (Survival | undefined)[]) => {
  const survival = fc.constantFrom(...survivals)
  const asking = <T>(given: fc.Arbitrary<T>, make: (given: T, options: WriteOptions) => Step) =>
    fc.tuple(given, survival).map(([one, survives]) => {
      const made = make(one, survives === undefined ? {} : { survives })
      return step(survives === undefined ? made : { ...made, name: `${made.name} at ${survives}` })
    })
  return [
    { weight: 6, arbitrary: asking(proposal, accept) },
    {
      weight: 3,
      arbitrary: asking(
        fc.tuple(proposals, fc.option(slot, { nil: undefined, freq: 2 })),
        ([batch, discardFrom], options) => ({
          name: `acceptAll ${listed(batch)} discardFrom ${discardFrom}`,
          model: (model) => model.acceptAll(batch, discardFrom),
          real: (log) => log.acceptAll(batch, { ...options, discardFrom }),
        }),
      ),
    },
    {
      weight: 5,
      arbitrary: asking(id, (one, options) => ({
        name: `commit ${listed([one])}`,
        model: (model) => model.commit(one),
        real: (log) => log.commit(one, options),
      })),
    },
    {
      weight: 2,
      arbitrary: asking(ids, (batch, options) => ({
        name: `commitAll ${listed(batch)}`,
        model: (model) => model.commitAll(batch),
        real: (log) => log.commitAll(batch, options),
      })),
    },
    {
      // Commits whatever is accepted: random ballots seldom meet.
      weight: 3,
      arbitrary: asking(slot, (at, options) => ({
        name: `commit what is in ${at}`,
        model: (model) =>
          model.commit({ slot: at, ballot: model.readAccepted(at)?.ballot ?? { round: 0, nodeId: 0 } }),
        real: async (log) => {
          const held = await log.readAccepted(at)
          await log.commit({ slot: at, ballot: held?.ballot ?? { round: 0, nodeId: 0 } }, options)
        },
      })),
    },
    {
      weight: 3,
      arbitrary: asking(proposal, (one, options) => ({
        name: `learn ${listed([one])}`,
        model: (model) => model.learn(one),
        real: (log) => log.learn(one, options),
      })),
    },
    {
      weight: 2,
      arbitrary: asking(proposals, (batch, options) => ({
        name: `learnAll ${listed(batch)}`,
        model: (model) => model.learnAll(batch),
        real: (log) => log.learnAll(batch, options),
      })),
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
      arbitrary: asking(fc.tuple(slot, end), ([from, to], options) => ({
        name: `discard ${from} to ${to}`,
        model: (model) => model.discard(from, to),
        real: (log) => log.discard({ from, to }, options),
        answer: (given) => given,
      })),
    },
  ]
}

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
  /** Weaker survivals that the log offers and that no end of a history may cost anything: some calls ask for one. */
  readonly weaker?: readonly Survival[]
  /** The history of an earlier failure. */
  readonly replayPath?: string | undefined
}

/** What calls may ask for that outlives the process, where a log offers more. */
export function weakerThanOffered({ survives }: Pick<Capabilities, 'survives'>): readonly Survival[] {
  const isWeaker = (offered: Survival): boolean =>
    offered !== 'process-crash' && survivesAtLeast(offered, 'process-crash')
  return isWeaker(survives.accept) && isWeaker(survives.commit) ? ['process-crash'] : []
}

/** Random histories. */
export function histories({ reopens, crashes = false, weaker = [], replayPath }: HistoryOptions) {
  const all = [...writes([undefined, ...weaker]), ...stores, ...reads]
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
    ...writes([undefined]),
    ...stores,
    ...reads,
  ]
  const isStep = (one: unknown): one is StepCommand => one instanceof StepCommand
  const steps = fc.oneof(...all).filter(isStep)
  return fc.sample(steps, { seed, numRuns: count }).map((command) => command.step)
}
