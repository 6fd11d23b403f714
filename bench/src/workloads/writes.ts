import type { Survival } from '@persistent-log/core'
import { BALLOT } from '../subjects/log-subject.js'
import type { Subject } from '../subjects/subject.js'
import { logOf } from './needs.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const LEVELS: readonly Survival[] = ['nothing', 'process-crash', 'power-loss']
const BATCHES = [1, 10, 100, 1_000] as const
const VALUE_SIZES = [
  ['10B', 10],
  ['1KiB', 1_024],
  ['16KiB', 16 * 1_024],
  ['1MiB', 1_024 * 1_024],
] as const

/** Accepted entries that a cell may leave until it decides them. */
const MOST_ACCEPTED = 100_000
/** Slots that are accepted at once before commits are timed. */
const PREPARED = 256
/** Calls that return at once, per timed piece. */
const SYNC_CHUNK = 1_000

/** Writes, one after the other. */
export const writeWorkloads: readonly Workload[] = [
  ...LEVELS.flatMap((survives) => singleWrites(survives)),
  ...BATCHES.map((length) => learn(length, 'power-loss')),
  learn(100, 'process-crash'),
  ...VALUE_SIZES.map(([label, valueBytes]): Workload => ({
    ...learn(1, 'power-loss'),
    name: `learn-1-value-${label}`,
    title: `learn one decision of ${label}, power-loss`,
    isQuick: false,
    valueBytes,
    maxOperations: Math.max(100, Math.floor(MOST_ACCEPTED / valueBytes)),
  })),
  syncWrites(false),
  syncWrites(true),
]

function singleWrites(survives: Survival): Workload[] {
  const ordinary = { ...ORDINARY, survives, maxOperations: MOST_ACCEPTED, isForLogs: true }
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
      for (let from = bed.decided; from < slot; from += 1_000) {
        const length = Math.min(1_000, slot - from)
        await log.commitAll(Array.from({ length }, (_, index) => ({ slot: from + index, ballot: BALLOT })))
      }
      bed.decided = slot
    },
  }
}

function commit(bed: Bed, survives: Survival): Step {
  const log = logOf(bed.subject)
  return {
    chunk: 1,
    block: PREPARED,
    before: (operations) =>
      log.acceptAll(
        Array.from({ length: operations }, (_, index) => {
          const slot = bed.decided + index
          return { slot, ballot: BALLOT, value: bed.values.at(slot) }
        }),
        { survives },
      ),
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

/** `syncWrites`, at the survival that it names. */
function syncWrites(commits: boolean): Workload {
  return {
    ...ORDINARY,
    name: commits ? 'accept-commit-sync' : 'accept-sync',
    title: `syncWrites: accept${commits ? ' + commit' : ''}`,
    suites: ['hybrid'],
    isQuick: true,
    survives: 'process-crash',
    maxOperations: MOST_ACCEPTED,
    isForLogs: true,
    misses: (subject: Subject) => (subject.log?.syncWrites ? undefined : 'it has no syncWrites'),
    begin(bed) {
      const log = logOf(bed.subject)
      const writes = log.syncWrites!
      let slot = bed.decided
      return {
        chunk: SYNC_CHUNK,
        run(operations) {
          for (let count = 0; count < operations; count++, slot++) {
            writes.accept({ slot, ballot: BALLOT, value: bed.values.at(slot) })
            if (commits) writes.commit({ slot, ballot: BALLOT })
          }
        },
        end() {
          if (!commits)
            for (let at = bed.decided; at < slot; at++) writes.commit({ slot: at, ballot: BALLOT })
          bed.decided = slot
        },
      }
    },
  }
}
