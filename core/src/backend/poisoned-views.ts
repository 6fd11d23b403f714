import type { BorrowedReads } from '../contract/facets.js'
import * as check from './arguments.js'
import { copyBytes, equalBytes } from './bytes.js'

/** What a dead view shows where views are poisoned: no text, no small integer, no pointer. */
export const POISON = 0xdb

/**
 * Borrowed reads for those who look for the mistakes of a borrower: each value is lent as a copy of its own, and
 * overwritten with {@link POISON} as soon as it is to be dead. A view that was written into, or transferred, is a
 * `TypeError`, thrown when `use` is done; in a map it would have ended the process.
 */
export function poisonViews(reads: BorrowedReads): BorrowedReads {
  return {
    read(slot, use) {
      check.checkFunction(use, 'use')
      return reads.read(slot, (value) => lend(slot, value, use))
    },
    scan(range, use) {
      check.checkFunction(use, 'use')
      return reads.scan(range, (slot, value) => lend(slot, value, (view) => use(slot, view)))
    },
  }
}

/**
 * The view lies in the middle of more, as it may where nothing is copied: who takes its `buffer` for the value reads poison.
 * Odd, so that no wider view of it is aligned by chance.
 */
const MARGIN_BYTES = 13

function lend<T>(slot: number, value: Uint8Array, use: (view: Uint8Array) => T): T {
  const room = new Uint8Array(value.length + 2 * MARGIN_BYTES).fill(POISON)
  const view = room.subarray(MARGIN_BYTES, MARGIN_BYTES + value.length)
  view.set(value)
  // Not against `value`: what `use` does to the log may be the end of it.
  const lent = copyBytes(value)
  try {
    const result = use(view)
    if (isDetached(room)) {
      throw new TypeError(`use transferred the value of slot ${slot}; what is borrowed may only be read`)
    }
    if (!equalBytes(view, lent)) {
      throw new TypeError(`use wrote into the value of slot ${slot}; what is borrowed may only be read`)
    }
    return result
  } finally {
    // Nothing can be seen through a view whose memory is elsewhere.
    if (!isDetached(room)) view.fill(POISON)
  }
}

/** Of a room that was not empty. */
const isDetached = (room: Uint8Array): boolean => room.length === 0
