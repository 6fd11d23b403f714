import type { Subject } from '../subjects/subject.js'
import { logOf } from './needs.js'
import { acceptBatch } from './prepare.js'
import { RandomSlots } from './random.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const HOT = 10_000
const MANY = 1_000_000
const SCANNED = 1_000
/** Reads per timed piece: one is too short for the clock. */
const SYNC_CHUNK = 1_000
const ASYNC_CHUNK = 100

/** Fills at the weakest survival, because reads do not ask how it was written. */
const READING = {
  ...ORDINARY,
  suites: ['interface', 'hybrid'],
  survives: 'nothing',
  isReadOnly: true,
} as const

/** The ways to read a slot: a copy by a promise, a copy at once, a view. */
export const READ_KINDS = ['async', 'sync', 'borrowed'] as const

type Read = (typeof READ_KINDS)[number]

/** Reads and scans of what was decided and what was not. */
export const readWorkloads: readonly Workload[] = [
  ...READ_KINDS.flatMap((read) => [reading(read, HOT, 'hot'), reading(read, MANY, 'random-1m')]),
  {
    ...READING,
    name: 'scan-10k',
    title: 'scan 10,000 decisions',
    isQuick: true,
    entries: HOT,
    begin: scanAll,
  },
  {
    ...READING,
    name: 'scan-10k-borrowed',
    title: 'go through 10,000 decisions without a copy',
    isQuick: true,
    entries: HOT,
    isForLogs: true,
    misses: ({ log }) => (log && !log.borrowedReads ? 'it has no borrowed reads' : undefined),
    begin: scanBorrowed,
  },
  {
    ...READING,
    name: 'read-accepted',
    title: 'readAccepted, 1,000 undecided',
    isForLogs: true,
    begin: (bed) => readAccepted(bed),
  },
  {
    ...READING,
    name: 'scan-uncommitted-1k',
    title: 'scan 1,000 undecided proposals',
    isForLogs: true,
    begin: (bed) => scanUncommitted(bed),
  },
]

function reading(read: Read, entries: number, pattern: 'hot' | 'random-1m'): Workload {
  return {
    ...READING,
    name: `read-${pattern}-${read}`,
    title: `read, ${read}, ${pattern === 'hot' ? 'in order over 10,000' : 'at random over 1,000,000'}`,
    isQuick: pattern === 'hot' && read !== 'async',
    entries,
    misses: (subject) => missing(subject, read),
    begin: (bed) => readStep(bed, read, pattern === 'hot' ? inOrder(entries) : atRandom(entries)),
  }
}

/** Why a subject has no such reads. */
export function missing(subject: Subject, read: Read): string | undefined {
  if (read === 'sync') return subject.readNow ? undefined : 'it has no synchronous reads'
  if (read === 'borrowed') return subject.borrow ? undefined : 'it has no borrowed reads'
  return undefined
}

function inOrder(entries: number): () => number {
  let slot = -1
  return () => (slot = slot + 1 === entries ? 0 : slot + 1)
}

function atRandom(entries: number): () => number {
  const slots = new RandomSlots(entries)
  return () => slots.next()
}

/** Reads of the slots that `next` names. */
export function readStep({ subject, values }: Bed, read: Read, next: () => number): Step {
  // The length alone proves that a read was answered; what it holds is verified after the run.
  const check = (value: Uint8Array | undefined): void => {
    if (value?.length !== values.bytes) throw new Error('a read was not answered')
  }
  if (read === 'async') {
    return {
      chunk: ASYNC_CHUNK,
      async run(operations) {
        for (let count = 0; count < operations; count++) check(await subject.read(next()))
      },
    }
  }
  if (read === 'sync') {
    return {
      chunk: SYNC_CHUNK,
      run(operations) {
        for (let count = 0; count < operations; count++) check(subject.readNow!(next()))
      },
    }
  }
  let firstBytes = 0
  const touch = (value: Uint8Array): Uint8Array => {
    firstBytes += value[0]!
    return value
  }
  return {
    chunk: SYNC_CHUNK,
    run(operations) {
      for (let count = 0; count < operations; count++) check(subject.borrow!(next(), touch))
    },
    end() {
      if (firstBytes === 0) throw new Error('no borrowed value was touched')
    },
  }
}

function scanAll({ subject, entries }: Bed): Step {
  return {
    chunk: 1,
    entriesPerOperation: entries,
    async run() {
      let found = 0
      await subject.scan(0, entries, () => found++)
      if (found !== entries) throw new Error(`a scan of ${entries} entries ended after ${found}`)
    },
  }
}

function scanBorrowed({ subject, entries }: Bed): Step {
  const reads = logOf(subject).borrowedReads!
  let firstBytes = 0
  return {
    chunk: 1,
    entriesPerOperation: entries,
    run() {
      let found = 0
      reads.scan({ from: 0, to: entries }, (_slot, value) => {
        firstBytes += value[0]!
        found++
      })
      if (found !== entries) throw new Error(`a scan of ${entries} entries ended after ${found}`)
    },
    end() {
      if (firstBytes === 0) throw new Error('no borrowed value was touched')
    },
  }
}

const acceptSome = (bed: Bed): Promise<void> => acceptBatch(bed, bed.decided, SCANNED, 'nothing')

async function readAccepted(bed: Bed): Promise<Step> {
  await acceptSome(bed)
  const log = logOf(bed.subject)
  const next = inOrder(SCANNED)
  return {
    chunk: ASYNC_CHUNK,
    async run(operations) {
      for (let count = 0; count < operations; count++) {
        const slot = next()
        bed.values.check(slot, (await log.readAccepted(slot))?.value)
      }
    },
  }
}

async function scanUncommitted(bed: Bed): Promise<Step> {
  await acceptSome(bed)
  const log = logOf(bed.subject)
  return {
    chunk: 1,
    entriesPerOperation: SCANNED,
    async run() {
      let found = 0
      const scan = log.uncommitted({}, { batchLength: SCANNED })
      for (let batch = await scan.nextBatch(); batch; batch = await scan.nextBatch()) found += batch.length
      if (found !== SCANNED) throw new Error(`a scan of ${SCANNED} proposals ended after ${found}`)
    },
  }
}
