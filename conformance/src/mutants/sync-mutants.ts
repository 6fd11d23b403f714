import type { Proposal, Survival } from '@persistent-log/core'
import type { ModelState } from '../model/model-state.js'
import type { Mutant } from './mutant.js'
import { ReferenceSyncWrites } from './reference-sync-writes.js'

/** Replaces the synchronous writes. */
function syncWrites(name: string, defect: string, Writes: typeof ReferenceSyncWrites): Mutant {
  return {
    name,
    defect,
    plant: ({ Log }) => ({
      Log: class extends Log {
        override newSyncWrites(): ReferenceSyncWrites {
          return new Writes(this)
        }
      },
    }),
  }
}

/** Stores a proposal without asking anybody. */
function storeUnjudged({ log }: ReferenceSyncWrites, { slot, ballot, value, proof }: Proposal): void {
  log.core.model.state.slots.set(slot, { ballot, value, proof, decided: false })
}

/** Defects of writes without a Promise. */
export const syncMutants: readonly Mutant[] = [
  syncWrites(
    'syncWriteShownLater',
    'a synchronous write is shown a turn later',
    class extends ReferenceSyncWrites {
      override write(operation: string, slot: number, judge: () => void): void {
        queueMicrotask(() => super.write(operation, slot, judge))
      }
    },
  ),
  syncWrites(
    'syncAcceptSkipsTheLaw',
    'a synchronous accept replaces whatever is stored',
    class extends ReferenceSyncWrites {
      override accept(proposal: Proposal): void {
        const held = this.log.core.model.state.slots.get(proposal.slot)
        if (held && !held.decided) storeUnjudged(this, proposal)
        else super.accept(proposal)
      }
    },
  ),
  syncWrites(
    'syncAcceptBeforePromise',
    'a synchronous accept goes by the promise as it was before the one that is under way',
    class extends ReferenceSyncWrites {
      override accept(proposal: Proposal): void {
        const { core } = this.log
        if (core.isSaving && !core.model.state.slots.has(proposal.slot)) storeUnjudged(this, proposal)
        else super.accept(proposal)
      }
    },
  ),
  syncWrites(
    'syncAcceptBeforeItsSlot',
    'a synchronous accept goes by its slot as it was before the write that is under way',
    class extends ReferenceSyncWrites {
      override accept(proposal: Proposal): void {
        if (this.log.core.isSaving) storeUnjudged(this, proposal)
        else super.accept(proposal)
      }
    },
  ),
  syncWrites(
    'syncWriteUndone',
    'a write that was under way takes the place of a synchronous one that came later',
    class extends ReferenceSyncWrites {
      override accept(proposal: Proposal): void {
        const { core } = this.log
        const before = core.model.state.slots.get(proposal.slot)
        if (!core.isSaving || !before) return super.accept(proposal)
        storeUnjudged(this, proposal)
        queueMicrotask(() => core.model.state.slots.set(proposal.slot, before))
      }
    },
  ),
  syncWrites(
    'syncWriteKeepsReference',
    'a synchronous write keeps the bytes of its caller',
    class extends ReferenceSyncWrites {
      override accept(proposal: Proposal): void {
        super.accept(proposal)
        const { slots } = this.log.core.model.state
        const held = slots.get(proposal.slot)
        if (held && !held.decided) slots.set(proposal.slot, { ...held, value: proposal.value })
      }
    },
  ),
  syncWrites(
    'syncWriteUnchecked',
    'a synchronous write looks neither at its arguments nor at the limits',
    class extends ReferenceSyncWrites {
      override accept(proposal: Proposal): void {
        this.mustNotWait('accept')
        this.write('accept', proposal.slot, () => this.log.core.model.accept(proposal))
      }
    },
  ),
  syncWrites(
    'syncAcceptWithoutSpace',
    'a synchronous accept needs no space',
    class extends ReferenceSyncWrites {
      override hasRoom(): boolean {
        return true
      }
    },
  ),
  syncWrites(
    'syncCommitWakesNobody',
    'a synchronous commit leaves those in line who wait for its space',
    class extends ReferenceSyncWrites {
      override freed(): void {
        // Nobody is told.
      }
    },
  ),
  syncWrites(
    'syncWriteOverclaims',
    'synchronous writes are said to survive more than anything else does',
    class extends ReferenceSyncWrites {
      override get survives(): Survival {
        return 'machine-loss'
      }
    },
  ),
  {
    name: 'syncWriteForgotten',
    defect: 'what was written synchronously is not on the disk',
    plant: ({ Core, Log }) => {
      const forgotten = new Set<number>()
      class Writes extends ReferenceSyncWrites {
        override write(operation: string, slot: number, judge: () => void): void {
          super.write(operation, slot, judge)
          forgotten.add(slot)
        }
      }
      return {
        Log: class extends Log {
          override newSyncWrites(): ReferenceSyncWrites {
            return new Writes(this)
          }
        },
        Core: class extends Core {
          override toDisk(state: ModelState): ModelState {
            const kept = [...state.slots].filter(([slot]) => !forgotten.has(slot))
            return { ...state, slots: new Map(kept) }
          }
        },
      }
    },
  },
]
