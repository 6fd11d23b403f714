import {
  SharedProgress,
  SlotRanges,
  ThreadServer,
  type ServedCalls,
  type ThreadHandle,
} from '@persistent-log/core/backend'
import { isDecided, NOWHERE } from '../regions/address.js'
import type { SlotTable, TableWatcher } from '../regions/slot-table.js'
import type { SealedIndex } from '../sealing/sealed-index.js'
import type { Segment } from '../segments/segment.js'
import type { Tail } from '../segments/tail.js'
import type { SharedHandle, SharedPlace } from './shared-handle.js'
import { newIndexMemory } from './index-memory.js'
import { MirroredIndex } from './mirrored-index.js'
import { SharedIndex } from './shared-index.js'

/** What is shared. */
export interface SharingParts {
  readonly table: SlotTable
  readonly tail: Tail
  readonly place: SharedPlace
}

/**
 * The owner's side of a log that threads have attached: keeps the shared index and how far the log has come, and says what
 * is sealed and retired. It begins with the first handle; a log without one has nothing of this.
 */
export class ThreadSharing implements TableWatcher {
  readonly #parts: SharingParts
  readonly #index = new SharedIndex(newIndexMemory())
  readonly #progress = new SharedProgress()
  readonly #server: ThreadServer
  /** Decided slots at or behind `contiguousTo`. */
  readonly #ahead = new SlotRanges()
  #contiguousTo: number
  #decidedTo: number
  /** Between `begin` and `end`, nothing is published. */
  #isHeld = false

  constructor(parts: SharingParts, log: ServedCalls) {
    const { table, tail } = parts
    this.#parts = parts
    const { contiguousTo, highest = -1, damagedCount } = log.bounds()
    this.#contiguousTo = Math.max(contiguousTo, table.point)
    this.#decidedTo = highest + 1
    this.#server = new ThreadServer(log, this.#progress)
    this.#begin()
    if (damagedCount > 0) this.#index.setIncomplete()
    tail.reuseOnlyIf(() => this.#server.isQuiet)
  }

  newHandle(): ThreadHandle {
    const handle: SharedHandle = {
      ...this.#server.newHandle(),
      place: this.#parts.place,
      index: this.#index.memory,
    }
    return handle
  }

  begin(): void {
    this.#isHeld = true
    this.#index.begin()
  }

  end(): void {
    this.#index.end()
    this.#isHeld = false
    this.#publish()
  }

  moved(point: number): void {
    this.#contiguousTo = Math.max(this.#contiguousTo, this.#ahead.firstMissingFrom(point))
    this.#publish(point)
  }

  sealed({ segment, isOnDisk }: SealedIndex): void {
    if (isOnDisk) this.#index.sealedTo(segment.header.number)
  }

  /** Said before the file may become another one: threads that look afterwards do not touch it. */
  retired({ header }: Segment): void {
    this.#index.retiredBefore(header.number + 1)
    this.#server.wakeAll()
  }

  /** Resolves when no thread looks at anything of the log any more. */
  close(): Promise<void> {
    return this.#server.close()
  }

  /** What is there already. A footer that may be cut off says nothing to anybody else. */
  #begin(): void {
    const { table, tail } = this.#parts
    for (const index of table.sealed) {
      if (index.isOnDisk) this.sealed(index)
      else copyTo(table, index)
      // What damaged groups said beside a damaged index, only the owner can tell.
      if (!index.isOnDisk && !index.isIntact()) this.#index.setIncomplete()
    }
    this.#index.retiredBefore(tail.segments[0]?.header.number ?? 0)
    for (const [slot, address] of table.entries(this.#contiguousTo, Number.MAX_SAFE_INTEGER)) {
      if (isDecided(address)) this.#note(slot)
    }
    table.share((open) => new MirroredIndex(open, this.#index, this.#onDecided), this)
    this.#publish()
  }

  readonly #onDecided = (slot: number): void => {
    this.#note(slot)
    if (!this.#isHeld) this.#publish()
  }

  #note(slot: number): void {
    if (slot >= this.#decidedTo) this.#decidedTo = slot + 1
    if (slot < this.#contiguousTo) return
    this.#ahead.add(slot, slot + 1)
    if (slot !== this.#contiguousTo) return
    this.#contiguousTo = this.#ahead.firstMissingFrom(slot)
    this.#ahead.remove(0, this.#contiguousTo)
  }

  #publish(compactedBefore = this.#parts.table.point): void {
    this.#progress.publish({
      compactedBefore,
      contiguousTo: this.#contiguousTo,
      decidedTo: this.#decidedTo,
    })
  }
}

/** The open index outranks the sealed one, and says the same then. */
function copyTo(table: SlotTable, index: SealedIndex): void {
  for (const [slot, address] of index.entries(table.point, Number.MAX_SAFE_INTEGER)) {
    if (address !== NOWHERE && table.get(slot) === address) table.set(slot, address)
  }
}
