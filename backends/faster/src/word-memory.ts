/** The same memory as bytes and as 32-bit words: headers are written and summed a word at a time. */
export interface WordMemory {
  readonly bytes: Buffer
  /** Little-endian, as the machine is (see `backend.ts`). */
  readonly words: Int32Array
  /** `bytes.buffer` and `bytes.byteOffset`: to ask V8 for both costs more than to make a view of them. */
  readonly buffer: ArrayBufferLike
  readonly start: number
}

/** A view of memory that begins at a multiple of 4, as every piece of the pool of small buffers does. */
export function wordMemory(bytes: Buffer): WordMemory {
  const { buffer, byteOffset: start } = bytes
  return { bytes, words: new Int32Array(buffer, start, bytes.length >>> 2), buffer, start }
}
