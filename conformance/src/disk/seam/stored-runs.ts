/** Stores are found in pieces of so many bytes: any of them may reach the device without the others. */
const PIECE_BYTES = 16

/** The pieces in which two states of a file of one length differ, neighbours joined. */
export function* isolatedRuns(
  before: Uint8Array,
  after: Uint8Array,
): Generator<{ readonly offset: number; readonly bytes: Uint8Array }> {
  if (Buffer.compare(before, after) === 0) return
  let from: number | undefined
  for (let at = 0; at <= after.byteLength; at += PIECE_BYTES) {
    const differs =
      at < after.byteLength &&
      Buffer.compare(before.subarray(at, at + PIECE_BYTES), after.subarray(at, at + PIECE_BYTES)) !== 0
    if (differs) from ??= at
    else if (from !== undefined) {
      yield { offset: from, bytes: Uint8Array.from(after.subarray(from, at)) }
      from = undefined
    }
  }
  if (from !== undefined) yield { offset: from, bytes: Uint8Array.from(after.subarray(from)) }
}
