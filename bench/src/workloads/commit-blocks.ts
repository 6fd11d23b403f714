import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { BALLOT } from '../subjects/log-subject.js'
import { logOf } from './needs.js'
import { acceptBatch } from './prepare.js'
import { processCrashWrites } from './sync-writes.js'
import { FIRST_PASS, ORDINARY, type Bed, type Step, type Workload } from './workload.js'

/** Commits per block, all in flight at once where they can be. */
const BLOCK = 1_000
const SURVIVES = { survives: 'process-crash' } as const
const DONE = Promise.resolve()

type Id = { readonly slot: number; readonly ballot: typeof BALLOT }

const BLOCKS = {
  ...ORDINARY,
  suites: ['hybrid', 'interface'],
  survives: 'process-crash',
  maxOperations: 500_000,
  isForLogs: true,
} as const

/** The two that are held against each other. */
const COMPARED = { ...BLOCKS, ...FIRST_PASS, isQuick: true, misses: processCrashWrites }

const commitAsync = (log: PersistentLog) => (id: Id) => log.commit(id, SURVIVES)

/**
 * Blocks of slots that were accepted just before. What a promise costs is told by the pair with and without one: both have
 * their arguments ready, and wait for the block in the same way.
 */
export const commitBlockWorkloads: readonly Workload[] = [
  {
    ...BLOCKS,
    name: 'commit-1000-in-flight',
    title: 'commit (process-crash), 1,000 in flight',
    leastWarmUp: 50_000,
    begin: (bed) => commitBlocks(bed, commitAsync),
  },
  {
    ...COMPARED,
    name: 'commit-blocks-async',
    title: 'the same on logs that have syncWrites, after as many operations as those need',
    begin: (bed) => commitBlocks(bed, commitAsync),
  },
  {
    ...COMPARED,
    name: 'commit-blocks-sync',
    title: 'syncWrites.commit (process-crash) of the same blocks of 1,000, waited for in the same way',
    begin: (bed) => commitBlocks(bed, commitAtOnce),
  },
]

function commitBlocks(bed: Bed, way: (log: PersistentLog) => (id: Id) => Promise<unknown>): Step {
  const commit = way(logOf(bed.subject))
  let ids: readonly Id[] = []
  const pending = new Array<Promise<unknown>>(BLOCK)
  return {
    chunk: BLOCK,
    async before() {
      await acceptBatch(bed, bed.decided, BLOCK, SURVIVES.survives)
      ids = Array.from({ length: BLOCK }, (_, index) => ({ slot: bed.decided + index, ballot: BALLOT }))
    },
    async run() {
      for (let index = 0; index < BLOCK; index++) pending[index] = commit(ids[index]!)
      await Promise.all(pending)
      bed.decided += BLOCK
    },
  }
}

/** Where the log would have to wait, the asynchronous call does. */
function commitAtOnce(log: PersistentLog): (id: Id) => Promise<unknown> {
  const writes = log.syncWrites!
  return (id) => {
    try {
      writes.commit(id)
      return DONE
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_BUSY')) throw error
      return log.commit(id, SURVIVES)
    }
  }
}
