import type { Subject } from '../subjects/subject.js'
import type { Values } from '../values.js'

/** Slots per write while a subject is filled; also bounded in bytes. */
const FILL_SLOTS = 1_000
const FILL_BYTES = 4 * 1024 * 1024

/** Decides the slots `0 <= slot < entries`. */
export async function fill(subject: Subject, values: Values, entries: number): Promise<void> {
  const step = Math.max(1, Math.min(FILL_SLOTS, Math.floor(FILL_BYTES / values.bytes)))
  for (let from = 0; from < entries; from += step) {
    const length = Math.min(step, entries - from)
    await subject.decide(
      from,
      Array.from({ length }, (_, index) => values.at(from + index)),
    )
  }
}
