import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { raise } from '@persistent-log/core'
import { syncDirectory, type BlobStore, type BlobWriter } from '@persistent-log/core/backend'
import type { ToyDefect } from './toy-defects.js'

/** States of checkpoints, a file each. */
export class ToyBlobs implements BlobStore {
  readonly #place: string
  readonly #defect: ToyDefect | undefined

  constructor(place: string, defect: ToyDefect | undefined) {
    this.#place = place
    this.#defect = defect
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
    yield new Uint8Array(await this.#read(join(this.#place, blob)))
  }

  async remove(blob: string): Promise<void> {
    await rm(join(this.#place, blob), { force: true })
  }

  async removeAllBut(named: ReadonlySet<string>): Promise<void> {
    const files = await readdir(this.#place)
    const going = files.filter((file) => file.startsWith('blob-') && !named.has(file))
    await Promise.all(going.map((file) => this.remove(file)))
  }

  async #read(file: string): Promise<Buffer> {
    try {
      return await readFile(file)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw raise.io('read', { file }, { cause })
      throw raise.corrupted(`${file} is missing`, { file }, { cause })
    }
  }

  async #write(blob: string, chunks: readonly Uint8Array[]): Promise<void> {
    const handle = await open(join(this.#place, blob), 'wx')
    try {
      await handle.writeFile(Buffer.concat(chunks))
      if (this.#defect !== 'blobNotFlushed') await handle.datasync()
    } finally {
      await handle.close()
    }
    if (this.#defect !== 'blobNameNotFlushed') await syncDirectory(this.#place)
  }
}
