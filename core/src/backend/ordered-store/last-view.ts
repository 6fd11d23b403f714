let kept: ArrayBufferLike | undefined
let view: DataView = new DataView(new ArrayBuffer(0))
let seen: ArrayBufferLike | undefined

/** A view of a whole buffer, for reads and writes at any alignment; the last one is kept. */
export function viewOf({ buffer }: Uint8Array): DataView {
  if (buffer !== kept) {
    kept = buffer
    view = new DataView(buffer)
  }
  return view
}

/**
 * The same, where a buffer comes back: records follow each other in one, and LMDB reads into the same one each time.
 * `undefined` for one that is new: making a view costs as much as half a checksum, and LevelDB hands out a buffer for each
 * value.
 */
export function viewOfKnown(bytes: Uint8Array): DataView | undefined {
  const { buffer } = bytes
  if (buffer === kept) return view
  if (buffer === seen) return viewOf(bytes)
  seen = buffer
  return undefined
}
