import type { DecisionScan, LogEntry } from '@persistent-log/core'
import type { Mutant } from './mutant.js'
import { ReferenceScan, type ScanOrder } from './reference-scan.js'

/** Replaces the scan. */
function scans(name: string, defect: string, Scan: typeof ReferenceScan): Mutant {
  return {
    name,
    defect,
    plant: ({ Log }) => ({
      Log: class extends Log {
        override newScan(order: ScanOrder): DecisionScan {
          return new Scan(this.core, order)
        }
      },
    }),
  }
}

/** The defect: one scan for proposals, one for decisions; a slot that moves between them is in neither. */
export class TwoScans extends ReferenceScan {
  readonly #decided = new Map([...this.core.model.state.slots].map(([slot, { decided }]) => [slot, decided]))

  override coming(): number[] {
    const { slots } = this.core.model.state
    return super.coming().filter((slot) => slots.get(slot)?.decided === this.#decided.get(slot))
  }
}

/** Defects of scans. */
export const scanMutants: readonly Mutant[] = [
  scans(
    'iterNotFrozen',
    'a scan sees what is stored behind its end later',
    class extends ReferenceScan {
      override frozenEnd(): number {
        return this.order.to ?? Infinity
      }
    },
  ),
  scans(
    'scanInclusiveEnd',
    'a scan yields the slot at its end too',
    class extends ReferenceScan {
      override frozenEnd(): number {
        return super.frozenEnd() + 1
      }
    },
  ),
  scans(
    'scanJustEndsOnClose',
    'a scan that close overtakes just ends',
    class extends ReferenceScan {
      override async nextBatch(): Promise<LogEntry[] | undefined> {
        return this.core.state === 'open' ? super.nextBatch() : undefined
      }
    },
  ),
  scans(
    'scanSkipsCompacted',
    'a scan goes on at the point when a compaction overtakes it',
    class extends ReferenceScan {
      override collect(): LogEntry[] | undefined {
        this.next = Math.max(this.next, this.core.model.state.point)
        return super.collect()
      }
    },
  ),
  scans(
    'scanOvertakenAtItsEnd',
    'a scan that has yielded everything is refused after a compaction',
    class extends ReferenceScan {
      override collect(): LogEntry[] | undefined {
        if (this.next < this.core.model.state.point) this.core.model.checkSlot(this.next)
        return super.collect()
      }
    },
  ),
  scans('phaseOneByTwoScans', 'a scan misses a slot that is committed while it runs', TwoScans),
]
