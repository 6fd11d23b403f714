import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  AttachedLog,
  CommitId,
  Decision,
  DecisionScan,
  OpenSlotRange,
  Proposal,
  ScanOptions,
  ThreadHandle,
} from '@persistent-log/core'
import { attachServed, checkHandle, ServedLog, takeSeat, type OwnerCall } from '@persistent-log/core/backend'
import { modelBounds } from '../model/model-bounds.js'
import type { Mutant } from './mutant.js'
import { ReferenceThreads } from './reference-threads.js'

/** Replaces what serves the threads. */
function threads(name: string, defect: string, Threads: typeof ReferenceThreads): Mutant {
  return {
    name,
    defect,
    plant: ({ Log }) => ({
      Log: class extends Log {
        override newThreads(): ReferenceThreads {
          return new Threads(this)
        }
      },
    }),
  }
}

/** Defects of logs that threads have attached. */
export const threadMutants: readonly Mutant[] = [
  threads(
    'threadReadsItsNeighbour',
    'a thread is shown the bytes of another slot',
    class extends ReferenceThreads {
      override perform(call: OwnerCall): Promise<unknown> {
        const slot = call.args[0] as number
        return super.perform(call.method === 'read' && slot > 5 ? { ...call, args: [slot - 1] } : call)
      }
    },
  ),
  threads(
    'threadWaitEndsEarly',
    'a wait ends at the highest decided slot, gaps or not',
    class extends ReferenceThreads {
      override publish(): void {
        const { compactedBefore, contiguousTo, highest = -1 } = modelBounds(this.log.core.model)
        const decidedTo = highest + 1
        this.progress.publish({ compactedBefore, contiguousTo: Math.max(contiguousTo, decidedTo), decidedTo })
      }
    },
  ),
  threads(
    'threadSkipsTheLaw',
    'an accept of a thread replaces whatever is stored, promise or not',
    class extends ReferenceThreads {
      override async perform(call: OwnerCall): Promise<unknown> {
        const { slot, ballot, value, proof } = (call.args[0] ?? {}) as Proposal
        const { slots } = this.log.core.model.state
        if (call.method !== 'accept' || slots.get(slot)?.decided) return super.perform(call)
        slots.set(slot, { ballot, value, proof, decided: false })
        return undefined
      }
    },
  ),
  threads(
    'threadCallsOvertake',
    'every second call of a thread is judged a turn later',
    class extends ReferenceThreads {
      override async perform(call: OwnerCall): Promise<unknown> {
        if (call.id % 2 === 0) await nextTurn()
        return super.perform(call)
      }
    },
  ),
  threads(
    'threadSeesHalfABatch',
    'what a thread reads is, for the lower slot of a pair, as of the read before',
    class extends ReferenceThreads {
      readonly #asked = new Set<number>()

      override perform(call: OwnerCall): Promise<unknown> {
        const slot = call.args[0] as number
        const isStale = call.method === 'read' && slot % 2 === 0 && !this.#asked.has(slot)
        if (call.method === 'read') this.#asked.add(slot)
        return isStale && slot >= 100 ? Promise.resolve(undefined) : super.perform(call)
      }
    },
  ),
  threads(
    'threadShowsCompactedAsEmpty',
    'a compacted slot looks undecided in a thread',
    class extends ReferenceThreads {
      override perform(call: OwnerCall): Promise<unknown> {
        const isGone = call.method === 'read' && (call.args[0] as number) < this.log.core.model.state.point
        return isGone ? Promise.resolve(undefined) : super.perform(call)
      }
    },
  ),
  threads(
    'threadReadsReclaimedMemory',
    'once something was compacted, a thread is shown the newest bytes in the slots behind the point',
    class extends ReferenceThreads {
      override async perform(call: OwnerCall): Promise<unknown> {
        const read = (await super.perform(call)) as Decision | undefined
        const { slots, point } = this.log.core.model.state
        if (call.method !== 'read' || read === undefined || point === 0 || read.slot > point + 3) return read
        const newest = [...slots.values()].filter(({ decided }) => decided).at(-1)
        return { ...read, value: newest?.value ?? read.value }
      }
    },
  ),
  threads(
    'threadOutlivesTheLog',
    'a thread goes on reading when the log is closed',
    class extends ReferenceThreads {
      override async close(): Promise<void> {
        // Nobody is told.
      }

      override async perform(call: OwnerCall): Promise<unknown> {
        if (call.method !== 'read' || this.log.core.state === 'open') return super.perform(call)
        const slot = call.args[0] as number
        const held = this.log.core.model.state.slots.get(slot)
        return held?.decided ? this.log.core.entry(slot, held) : undefined
      }
    },
  ),
  threads(
    'threadLosesTheProof',
    'what a thread reads has lost its proof',
    class extends ReferenceThreads {
      override async perform(call: OwnerCall): Promise<unknown> {
        const result = await super.perform(call)
        return call.method === 'read' && result ? { ...(result as Decision), proof: undefined } : result
      }
    },
  ),
  threads(
    'threadCommitsNothing',
    'a commit of a thread on an empty slot is taken for done',
    class extends ReferenceThreads {
      override perform(call: OwnerCall): Promise<unknown> {
        const stored = this.log.core.model.state.slots.get((call.args[0] as CommitId | undefined)?.slot ?? -1)
        if (call.method !== 'commit') return super.perform(call)
        return stored ? super.perform(call) : Promise.resolve(undefined)
      }
    },
  ),
  threads(
    'threadHandleOfAClosedLog',
    'a closed log still makes handles',
    class extends ReferenceThreads {
      override handle(): ThreadHandle {
        return this.newHandle()
      }
    },
  ),
  threads(
    'threadDropsNames',
    'a scan of a thread does not look at an option that it does not know',
    class extends ReferenceThreads {
      override handle(): ThreadHandle {
        return Object.assign(super.handle(), { dropsNames: true })
      }
    },
  ),
]

/** What the threads of a mutant attach: whatever it broke is in its owner, or told by the handle. */
export async function attachMutant(handle: ThreadHandle): Promise<AttachedLog> {
  checkHandle(handle)
  return 'dropsNames' in handle ? new NamesDropped(handle, takeSeat(handle)) : attachServed(handle)
}

class NamesDropped extends ServedLog {
  override decisions(range?: OpenSlotRange, options?: ScanOptions): DecisionScan {
    return super.decisions(range, { ...options, ...{ includeAccepted: undefined } })
  }
}
