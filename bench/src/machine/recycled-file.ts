import { closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const flush = promisify(fdatasync)

const FILE_BYTES = 16 * 1024 * 1024

/** A file whose blocks are written already, as those of a recycled segment are: a flush changes no metadata. */
export class RecycledFile {
  readonly #descriptor: number
  #position = 0

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#descriptor = openSync(join(directory, 'recycled'), 'w+')
    const zeros = new Uint8Array(64 * 1024)
    for (let at = 0; at < FILE_BYTES; at += zeros.byteLength)
      writeSync(this.#descriptor, zeros, 0, zeros.byteLength, at)
    fdatasyncSync(this.#descriptor)
  }

  /** Writes the bytes behind those of the call before, and resolves when the device has them. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#append(bytes)
    await flush(this.#descriptor)
  }

  /** The same without the thread pool. */
  writeSync(bytes: Uint8Array): void {
    this.#append(bytes)
    fdatasyncSync(this.#descriptor)
  }

  #append(bytes: Uint8Array): void {
    if (this.#position + bytes.byteLength > FILE_BYTES) this.#position = 0
    if (writeSync(this.#descriptor, bytes, 0, bytes.byteLength, this.#position) !== bytes.byteLength)
      throw new Error('the file took a part of the bytes only')
    this.#position += bytes.byteLength
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
