import type { OpenSlotRange, PersistentLog } from '@persistent-log/core'
import type { Mutant } from './mutant.js'
import { ReferenceBorrowedReads } from './reference-borrowed-reads.js'

/** Replaces the borrowed reads. */
function borrowedReads(name: string, defect: string, Reads: typeof ReferenceBorrowedReads): Mutant {
  return {
    name,
    defect,
    plant: ({ Log }) => ({
      Log: class extends Log {
        override newBorrowedReads(): ReferenceBorrowedReads {
          return new Reads(this)
        }
      },
    }),
  }
}

/** What the mutant below lends; one for all its logs. */
const sharedMemory = new Uint8Array(1024 * 1024)

/** Defects of reads without a copy. */
export const borrowMutants: readonly Mutant[] = [
  borrowedReads(
    'borrowedReadLendsProposals',
    'a borrowed read lends what is only accepted',
    class extends ReferenceBorrowedReads {
      override read<T>(slot: number, use: (value: Uint8Array) => T): T | undefined {
        const held = this.log.core.model.state.slots.get(slot)
        return held ? use(held.value) : super.read(slot, use)
      }
    },
  ),
  borrowedReads(
    'borrowedScanLendsProposals',
    'a borrowed scan lends what is only accepted',
    class extends ReferenceBorrowedReads {
      override lends(): boolean {
        return true
      }
    },
  ),
  borrowedReads(
    'borrowedScanNeverStops',
    'a borrowed scan goes on although it is asked to stop',
    class extends ReferenceBorrowedReads {
      override isOver(): boolean {
        return false
      }
    },
  ),
  borrowedReads(
    'borrowedScanTwice',
    'a borrowed scan that was stopped goes on from the decision that was lent last',
    class extends ReferenceBorrowedReads {
      override behind(slot: number): number {
        return slot
      }
    },
  ),
  borrowedReads(
    'borrowedScanFollows',
    'a borrowed scan follows the log behind its end',
    class extends ReferenceBorrowedReads {
      override scan(range: OpenSlotRange, use: (slot: number, value: Uint8Array) => unknown): number {
        const end = super.scan(range, use)
        return range.to === undefined ? end : super.scan({ from: end }, use)
      }
    },
  ),
  borrowedReads(
    'borrowedScanFromPoint',
    'a borrowed scan from below the point begins at the point',
    class extends ReferenceBorrowedReads {
      override bounds(range: OpenSlotRange): { readonly from: number; readonly to: number } {
        const { point } = this.log.core.model.state
        return super.bounds({ ...range, from: Math.max(range.from ?? point, point) })
      }
    },
  ),
  borrowedReads(
    'borrowedViewsLive',
    'a borrowed view stays as it was when it is dead and was to be poisoned',
    class extends ReferenceBorrowedReads {
      override kill(): void {
        // Whoever keeps it is served.
      }
    },
  ),
  borrowedReads(
    'borrowedViewsDieLate',
    'a borrowed view is poisoned when the next one is dead',
    class extends ReferenceBorrowedReads {
      #last: Uint8Array | undefined

      override kill(view: Uint8Array): void {
        if (this.#last) super.kill(this.#last)
        this.#last = view
      }
    },
  ),
  borrowedReads(
    'borrowedValuesPoisoned',
    'what is poisoned behind a borrowed read is the value itself',
    class extends ReferenceBorrowedReads {
      override lend<T>(slot: number, value: Uint8Array, use: (value: Uint8Array) => T): T {
        const result = super.lend(slot, value, use)
        if (this.log.core.context.poisonViews) this.kill(value)
        return result
      }
    },
  ),
  borrowedReads(
    'borrowedViewsWritable',
    'nobody minds what is written into a borrowed view',
    class extends ReferenceBorrowedReads {
      override differ(): boolean {
        return false
      }
    },
  ),
  borrowedReads(
    'borrowedViewsShareMemory',
    'the views of all logs are of one piece of memory, which a nested read overwrites',
    class extends ReferenceBorrowedReads {
      override lend<T>(slot: number, value: Uint8Array, use: (value: Uint8Array) => T): T {
        sharedMemory.set(value)
        return super.lend(slot, sharedMemory.subarray(0, value.length), use)
      }
    },
  ),
  {
    name: 'borrowedViewsDieByWrites',
    defect: 'a retry that is judged by the stored bytes overwrites the view that is lent',
    plant: ({ Log }) => ({
      Log: class extends Log {
        lent: Uint8Array | undefined

        override newBorrowedReads(): ReferenceBorrowedReads {
          const keep = (view: Uint8Array): void => void (this.lent = view)
          return new (class extends ReferenceBorrowedReads {
            override lend<T>(slot: number, value: Uint8Array, use: (value: Uint8Array) => T): T {
              const view = Uint8Array.from(value)
              keep(view)
              return super.lend(slot, view, use)
            }
          })(this)
        }

        override accept(...call: Parameters<PersistentLog['accept']>): Promise<void> {
          this.lent?.fill(0)
          return super.accept(...call)
        }
      },
    }),
  },
]
