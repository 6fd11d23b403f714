import type { Survival } from '@persistent-log/core'
import { BALLOT } from '../subjects/log-subject.js'
import { logOf } from './needs.js'
import { acceptBatch, commitAccepted } from './prepare.js'
import {
  BATCHES_TO_WARM_UP,
  CALLS_TO_WARM_UP,
  ORDINARY,
  type Bed,
  type Step,
  type Workload,
} from './workload.js'

const LEVELS: readonly Survival[] = ['nothing', 'process-crash', 'power-loss']
const BATCHES = [1, 10, 100, 1_000] as const
const VALUE_SIZES = [
  ['10B', 10],
  ['1KiB', 1_024],
  ['16KiB', 16 * 1_024],
  ['1MiB', 1_024 * 1_024],
] as const

/** Bytes that a cell of large values writes at most. */
const MOST_BYTES = 64 * 1024 * 1024
/** Accepted entries that a cell may leave until it decides them. */
const MOST_ACCEPTED = 100_000
/** Slots that are accepted at once before commits are timed. */
const PREPARED = 256

/** Writes, one after the other. */
export const writeWorkloads: readonly Workload[] = [
  ...LEVELS.flatMap((survives) => singleWrites(survives)),
  ...BATCHES.map((length) => learn(length, 'power-loss')),
  learn(100, 'process-crash'),
  learnWithProofs(100),
  ...VALUE_SIZES.map(([label, valueBytes]): Workload => ({
    ...learn(1, 'power-loss'),
    name: `learn-1-value-${label}`,
    title: `learn one decision of ${label}, power-loss`,
    isQuick: false,
    leastWarmUp: undefined,
    valueBytes,
    maxOperations: Math.min(MOST_ACCEPTED, Math.floor(MOST_BYTES / valueBytes)),
  })),
]

function singleWrites(survives: Survival): Workload[] {
  const ordinary = {
    ...ORDINARY,
    survives,
    maxOperations: MOST_ACCEPTED,
    isForLogs: true,
  }
  const suites: Workload['suites'] =
    survives === 'power-loss' ? ['interface', 'hybrid', 'durability'] : ['interface', 'hybrid']
  return [
    {
      ...ordinary,
      name: `accept-${survives}`,
      title: `accept, ${survives}`,
      suites,
      isQuick: survives === 'nothing',
      begin: (bed) => accept(bed, survives),
    },
    {
      ...ordinary,
      name: `commit-${survives}`,
      title: `commit, ${survives}`,
      suites,
      isQuick: survives === 'power-loss',
      begin: (bed) => commit(bed, survives),
    },
    {
      ...ordinary,
      name: `cycle-${survives}`,
      title: `accept + commit + read, ${survives}`,
      suites,
      begin: (bed) => cycle(bed, survives),
    },
  ]
}

function accept(bed: Bed, survives: Survival): Step {
  const log = logOf(bed.subject)
  let slot = bed.decided
  return {
    chunk: 1,
    run: () => log.accept({ slot, ballot: BALLOT, value: bed.values.at(slot++) }, { survives }),
    async end() {
      await commitAccepted(bed, bed.decided, slot)
      bed.decided = slot
    },
  }
}

function commit(bed: Bed, survives: Survival): Step {
  const log = logOf(bed.subject)
  return {
    chunk: 1,
    block: PREPARED,
    before: (operations) => acceptBatch(bed, bed.decided, operations, survives),
    run: () => log.commit({ slot: bed.decided++, ballot: BALLOT }, { survives }),
  }
}

function cycle(bed: Bed, survives: Survival): Step {
  const log = logOf(bed.subject)
  return {
    chunk: 1,
    async run() {
      const slot = bed.decided
      await log.accept({ slot, ballot: BALLOT, value: bed.values.at(slot) }, { survives })
      await log.commit({ slot, ballot: BALLOT }, { survives })
      bed.values.check(slot, (await log.read(slot))?.value)
      bed.decided++
    },
  }
}

function learn(length: number, survives: Survival): Workload {
  const isDurable = survives === 'power-loss'
  return {
    ...ORDINARY,
    name: `learn-${length}${isDurable ? '' : `-${survives}`}`,
    title: `learn ${length === 1 ? 'one decision' : `batches of ${length}`}, ${survives}`,
    suites: isDurable ? ['interface', 'durability'] : ['interface', 'hybrid'],
    isQuick: length === 1 || length === 100,
    survives,
    maxOperations: Math.ceil(1_000_000 / length),
    leastWarmUp: length === 1 ? CALLS_TO_WARM_UP : length === 100 ? BATCHES_TO_WARM_UP : undefined,
    begin: (bed) => ({
      chunk: 1,
      entriesPerOperation: length,
      async run() {
        const from = bed.decided
        const values = Array.from({ length }, (_, index) => bed.values.at(from + index))
        await bed.subject.decide(from, values)
        bed.decided += length
      },
    }),
  }
}

/** What has a proof is in no block of `lmdb` and `level`: a record for each entry. */
function learnWithProofs(length: number): Workload {
  return {
    ...learn(length, 'power-loss'),
    name: `learn-${length}-with-proofs`,
    title: `learn batches of ${length} with an empty proof each, power-loss`,
    suites: ['interface'],
    isQuick: false,
    isForLogs: true,
    begin: (bed) => ({
      chunk: 1,
      entriesPerOperation: length,
      async run() {
        const from = bed.decided
        await logOf(bed.subject).learnAll(
          Array.from({ length }, (_, index) => {
            const slot = from + index
            return { slot, ballot: BALLOT, value: bed.values.at(slot), proof: NO_BYTES }
          }),
        )
        bed.decided += length
      },
    }),
  }
}

const NO_BYTES = new Uint8Array()
