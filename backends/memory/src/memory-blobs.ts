import { copyBytes, raise, type BlobStore, type BlobWriter } from '@persistent-log/core/backend'

/** States of checkpoints as lists of chunks. */
export class MemoryBlobs implements BlobStore {
  readonly #chunks = new Map<string, Uint8Array[]>()
  #created = 0

  /** Bytes of some blobs. */
  bytesOf(blobs: Iterable<string>): number {
    const chunks = [...blobs].flatMap((blob) => this.#chunks.get(blob) ?? [])
    return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  }

  create(): BlobWriter {
    const blob = String(this.#created++)
    const chunks: Uint8Array[] = []
    return {
      blob,
      write: async (chunk) => void chunks.push(copyBytes(chunk)),
      finish: async () => void this.#chunks.set(blob, chunks),
      abort: async () => void this.#chunks.delete(blob),
    }
  }

  async *read(blob: string): AsyncGenerator<Uint8Array> {
    const chunks = this.#chunks.get(blob)
    if (!chunks) throw raise.corrupted(`blob ${blob} is missing`)
    for (const chunk of chunks) yield copyBytes(chunk)
  }

  async remove(blob: string): Promise<void> {
    this.#chunks.delete(blob)
  }

  /** Every open begins with none. */
  async removeAllBut(named: ReadonlySet<string>): Promise<void> {
    for (const blob of this.#chunks.keys()) if (!named.has(blob)) this.#chunks.delete(blob)
  }

  clear(): void {
    this.#chunks.clear()
  }
}
