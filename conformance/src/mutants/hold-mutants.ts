import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  raise,
  type AcceptAllOptions,
  type Ballot,
  type CallOptions,
  type CompactionReport,
  type CompactOptions,
  type DecisionScan,
  type DiscardResult,
  type LogMetrics,
  type OpenSlotRange,
  type Proposal,
  type SlotRange,
  type WriteOptions,
} from '@persistent-log/core'
import type { ModelCheckpoint, ModelSlot } from '../model/model-state.js'
import type { ModelCheckpointCall, ModelCompactCall } from '../model/model.js'
import { Refusal } from '../model/refusal.js'
import type { Mutant } from './mutant.js'
import type { ScanOrder } from './reference-scan.js'
import { ReferenceSpace } from './reference-space.js'

/** Replaces the space for undecided entries. */
function spaces(name: string, defect: string, Space: typeof ReferenceSpace): Mutant {
  return {
    name,
    defect,
    plant: ({ Log }) => ({
      Log: class extends Log {
        override newSpace(): ReferenceSpace {
          return new Space(this.core)
        }
      },
    }),
  }
}

/** Defects of calls that something else overtakes, and of what callers hold in their hands meanwhile. */
export const holdMutants: readonly Mutant[] = [
  {
    name: 'discardOvertaken',
    defect: 'a discard takes effect a turn after its call, on what was accepted since too',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async discard(
          range: { from: number; to?: number | undefined },
          options?: WriteOptions,
        ): Promise<DiscardResult> {
          await nextTurn()
          return super.discard(range, options)
        }
      },
    }),
  },
  {
    name: 'damageBesideDiscard',
    defect: 'a slot that is being discarded reads as damaged',
    plant: ({ Log }) => ({
      Log: class extends Log {
        #discarding = 0

        override async discard(
          range: { from: number; to?: number | undefined },
          options?: WriteOptions,
        ): Promise<DiscardResult> {
          this.#discarding++
          return super.discard(range, options).finally(() => this.#discarding--)
        }

        override async readAccepted(slot: number, options?: CallOptions): Promise<Proposal | undefined> {
          const found = await super.readAccepted(slot, options)
          if (this.#discarding > 0 && !found) throw raise.damagedSlot(slot)
          return found
        }
      },
    }),
  },
  {
    name: 'damageBesideCompaction',
    defect: 'a scan takes what a compaction removes under it for damage',
    plant: ({ Log }) => ({
      Log: class extends Log {
        #compacting = 0

        override async compact(options: CompactOptions): Promise<CompactionReport> {
          this.#compacting++
          return super.compact(options).finally(() => this.#compacting--)
        }

        override newScan(order: ScanOrder): DecisionScan {
          if (this.#compacting > 0 && order.from === undefined)
            throw raise.damagedSlot(this.core.model.state.point)
          return super.newScan(order)
        }
      },
    }),
  },
  spaces(
    'replacementNeedsNoSpace',
    'a replacement is stored however large it is',
    class extends ReferenceSpace {
      override wait(
        proposals: readonly Proposal[],
        signal: AbortSignal | undefined,
        discardFrom?: number,
      ): Promise<void> | undefined {
        const { slots } = this.core.model.state
        if (proposals.every(({ slot }) => slots.has(slot))) return undefined
        return super.wait(proposals, signal, discardFrom)
      }
    },
  ),
  spaces(
    'closeLeavesWaiting',
    'accepts that wait for space when the log is closed wait until their time is over',
    class extends ReferenceSpace {
      override refuseWhenClosing(): void {
        // They will find out by themselves, it believes.
      }
    },
  ),
  {
    name: 'holesLeftOut',
    defect: 'holes in a batch are left out without a word',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void> {
          // `filter` passes over holes.
          const given = Array.isArray(proposals) ? proposals.filter(() => true) : proposals
          return super.acceptAll(given, options)
        }
      },
    }),
  },
  {
    name: 'discardCountedAsAccept',
    defect: 'what an append drops is counted as an accept',
    plant: ({ Log }) => ({
      Log: class extends Log {
        #drops = 0

        override async acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void> {
          await super.acceptAll(proposals, options)
          if (options?.discardFrom !== undefined) this.#drops++
        }

        override metrics(): LogMetrics {
          const metrics = super.metrics()
          return { ...metrics, accepts: metrics.accepts + this.#drops }
        }
      },
    }),
  },
  {
    name: 'aliasPromise',
    defect: "the log's own promise is handed out",
    plant: ({ Log }) => ({
      Log: class extends Log {
        override promised(): Ballot | undefined {
          return super.promised() && this.core.model.state.promised
        }
      },
    }),
  },
  {
    name: 'aliasBallot',
    defect: "entries are handed out with the log's own ballot",
    plant: ({ Core }) => ({
      Core: class extends Core {
        override entry(slot: number, held: ModelSlot) {
          return { ...super.entry(slot, held), ballot: held.ballot }
        }
      },
    }),
  },
  {
    name: 'installForgetsBallotBelow',
    defect: 'an installed checkpoint without a ballot drops the one of the decision just below it',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override installCheckpoint(
          slot: number,
          content: Uint8Array,
          call: ModelCheckpointCall = {},
        ): ModelCheckpoint {
          const installed = super.installCheckpoint(slot, content, call)
          if (this.state.point === slot) this.state.compactedBallot = call.ballot
          return installed
        }
      },
    }),
  },
  {
    name: 'trimJudgesWhatItRetains',
    defect: 'a compaction is refused for gaps among the slots that it keeps',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override compact(call: ModelCompactCall): number {
          const point = call.before - (call.retain ?? 0)
          const moves = point > this.state.point
          if (moves && !call.acrossGaps && this.contiguousTo() < call.before)
            throw new Refusal(['PLOG_GAP'], { slot: this.contiguousTo() })
          return super.compact(call)
        }
      },
    }),
  },
  {
    name: 'emptyLogHasNoGaps',
    defect: 'gaps finds nothing in a log that holds nothing, however far it is asked to look',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async *gaps(range?: OpenSlotRange, options?: CallOptions): AsyncGenerator<SlotRange> {
          const isEmpty = this.core.model.state.slots.size === 0
          for await (const gap of super.gaps(range, options)) if (!isEmpty) yield gap
        }
      },
    }),
  },
]
