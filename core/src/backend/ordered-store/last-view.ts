let buffer: ArrayBufferLike | undefined
let view: DataView = new DataView(new ArrayBuffer(0))

/**
 * A view of a whole buffer, for reads and writes at any alignment. The last one is kept: records follow each other in one
 * buffer, LMDB reads into the same one each time, and making a view costs as much as half a checksum.
 */
export function viewOf({ buffer: wanted }: Uint8Array): DataView {
  if (wanted !== buffer) {
    buffer = wanted
    view = new DataView(wanted)
  }
  return view
}
