import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory, type BlobStore, type BlobWriter } from '@persistent-log/core/backend'

/** States of checkpoints, a file each. */
export class ToyBlobs implements BlobStore {
  readonly #place: string

  constructor(place: string) {
    this.#place = place
  }

  create(): BlobWriter {
    const blob = `blob-${randomBytes(8).toString('hex')}`
    const chunks: Uint8Array[] = []
    return {
      blob,
      write: async (chunk) => void chunks.push(Uint8Array.from(chunk)),
      finish: () => this.#write(blob, chunks),
      abort: () => this.remove(blob),
    }
  }

  async *read(blob: string): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(await readFile(join(this.#place, blob)))
  }

  async remove(blob: string): Promise<void> {
    await rm(join(this.#place, blob), { force: true })
  }

  async removeAllBut(named: ReadonlySet<string>): Promise<void> {
    const files = await readdir(this.#place)
    const going = files.filter((file) => file.startsWith('blob-') && !named.has(file))
    await Promise.all(going.map((file) => this.remove(file)))
  }

  async #write(blob: string, chunks: readonly Uint8Array[]): Promise<void> {
    const handle = await open(join(this.#place, blob), 'wx')
    try {
      await handle.writeFile(Buffer.concat(chunks))
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await syncDirectory(this.#place)
  }
}
