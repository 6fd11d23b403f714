import { raise } from '../../errors/raise.js'
import type { BlobStore, BlobWriter } from '../engine/log-engine.js'
import { engineFailure } from './engine-failure.js'
import { blobKeyRange, chunkKey, parseKey, rangeOfKind } from './key-layout.js'
import type { OrderedStore, StoreOperation } from './ordered-store.js'
import { asPlainBytes, BODY_AT, type RecordCodec } from './record-codec.js'
import { pageOf, successorOf } from './store-paging.js'

/** Bytes of a blob's piece: small enough for every engine's values, large enough that its header is nothing. */
export const CHUNK_BYTES = 64 * 1024

/** Pieces that share one flush: 1 MiB, which is also what a writer holds in memory. */
const CHUNKS_PER_WRITE = 16

/** Keys that one batch of a removal deletes. */
const KEYS_PER_REMOVAL = 64

/** Bytes of a chunk record before the state's own bytes. */
export const CHUNK_HEADER_BYTES = BODY_AT + 5

/** What the blobs need of the engine that they live in. */
export interface BlobHost {
  readonly store: OrderedStore
  readonly codec: RecordCodec
  /** Queues a batch; resolves when it is durable. */
  write(operations: readonly StoreOperation[]): Promise<void>
  /** A number that no blob of this log had before. */
  nextBlob(): number
}

/**
 * States of checkpoints as chunks of their own keys. Each chunk is a record of its own checksum, which covers blob and
 * number, so that a chunk out of place is noticed:
 *
 * ```
 *  0  checksum  u32
 *  4  format    u8   1
 *  5  last      u8   1 in the last chunk
 *  6  count     u32  of all chunks in the last one, else 0
 * 10  bytes of the state, 65,536 but in the last chunk
 * ```
 */
export class StoreBlobs implements BlobStore {
  readonly #host: BlobHost

  constructor(host: BlobHost) {
    this.#host = host
  }

  create(): BlobWriter {
    return new ChunkWriter(this.#host, this.#host.nextBlob(), (blob) => this.remove(blob))
  }

  async *read(blob: string): AsyncGenerator<Uint8Array> {
    for (let chunk = 0; ; chunk++) {
      const { bytes, isLast } = this.#chunk(Number(blob), chunk)
      if (bytes.byteLength > 0) yield bytes
      if (isLast) return
    }
  }

  async remove(blob: string): Promise<void> {
    const { store } = this.#host
    const range = blobKeyRange(Number(blob))
    let from = range.from
    for (;;) {
      const page = await pageOf(store, { from, to: range.to }, KEYS_PER_REMOVAL)
      const last = page.at(-1)
      if (!last) break
      await this.#host.write(page.map(({ key }) => ({ key })))
      from = successorOf(last.key)
    }
    await store.reclaim?.(range.from, range.to)
  }

  async removeAllBut(named: ReadonlySet<string>): Promise<void> {
    for await (const blob of blobNumbers(this.#host.store)) {
      if (!named.has(String(blob))) await this.remove(String(blob))
    }
  }

  #chunk(blob: number, chunk: number): { bytes: Uint8Array; isLast: boolean } {
    const { store, codec } = this.#host
    const where = `chunk ${chunk} of blob ${blob}`
    const key = chunkKey(blob, chunk)
    let value: Uint8Array | undefined
    try {
      value = store.get(key)
    } catch (cause) {
      throw engineFailure('read', cause)
    }
    if (!value) throw raise.corrupted(`${where} is missing`)
    const record = codec.open(key, value)
    if (!record || record.length < CHUNK_HEADER_BYTES) throw raise.corrupted(`${where} fails its checksum`)
    const isLast = record[BODY_AT] === 1
    if (isLast && record.readUInt32BE(BODY_AT + 1) !== chunk + 1)
      throw raise.corrupted(`${where} is out of place`)
    return { bytes: asPlainBytes(record.subarray(CHUNK_HEADER_BYTES)), isLast }
  }
}

/** Cuts a stream of any pieces into chunks; holds at most a group of them. */
class ChunkWriter implements BlobWriter {
  readonly blob: string
  readonly #host: BlobHost
  readonly #number: number
  readonly #remove: (blob: string) => Promise<void>
  /** The chunk that is being filled, header included. */
  #record = Buffer.allocUnsafe(CHUNK_HEADER_BYTES + CHUNK_BYTES)
  #filled = CHUNK_HEADER_BYTES
  #chunk = 0
  #ready: StoreOperation[] = []

  constructor(host: BlobHost, number: number, remove: (blob: string) => Promise<void>) {
    this.#host = host
    this.#number = number
    this.#remove = remove
    this.blob = String(number)
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength;) {
      if (this.#filled === this.#record.length) await this.#seal(false)
      const piece = chunk.subarray(at, at + this.#record.length - this.#filled)
      this.#record.set(piece, this.#filled)
      this.#filled += piece.byteLength
      at += piece.byteLength
    }
  }

  async finish(): Promise<void> {
    await this.#seal(true)
  }

  async abort(): Promise<void> {
    this.#ready = []
    await this.#remove(this.blob)
  }

  async #seal(isLast: boolean): Promise<void> {
    const key = chunkKey(this.#number, this.#chunk++)
    const value = this.#record.subarray(0, this.#filled)
    value[BODY_AT] = isLast ? 1 : 0
    value.writeUInt32BE(isLast ? this.#chunk : 0, BODY_AT + 1)
    this.#host.codec.seal(key, value)
    this.#ready.push({ key, value })
    if (isLast || this.#ready.length >= CHUNKS_PER_WRITE) {
      const operations = this.#ready
      this.#ready = []
      await this.#host.write(operations)
    }
    this.#record = Buffer.allocUnsafe(isLast ? 0 : CHUNK_HEADER_BYTES + CHUNK_BYTES)
    this.#filled = CHUNK_HEADER_BYTES
  }
}

/** The numbers of all blobs that have any chunk, ascending. One chunk of each is read. */
export async function* blobNumbers(store: OrderedStore): AsyncGenerator<number> {
  const { from, to } = rangeOfKind('blob')
  for (let next = from; ;) {
    const [pair] = await pageOf(store, { from: next, to }, 1)
    if (!pair) return
    const key = parseKey(pair.key)
    if (key.kind === 'blob') yield key.blob
    next = key.kind === 'blob' ? blobKeyRange(key.blob).to : successorOf(pair.key)
  }
}
