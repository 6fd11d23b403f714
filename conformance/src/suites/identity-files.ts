import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** The file that makes a directory a log. */
export const IDENTITY_FILE = 'plog.json'

/** The identity of a log directory, as a case damages and restores it. */
export class IdentityFile {
  readonly path: string
  readonly original: Uint8Array

  private constructor(path: string, original: Uint8Array) {
    this.path = path
    this.original = original
  }

  static async in(directory: string): Promise<IdentityFile> {
    const path = join(directory, IDENTITY_FILE)
    return new IdentityFile(path, await readFile(path))
  }

  /** Changes fields and makes the checksum fit: CRC-32 over the other fields as compact JSON. */
  async change(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const fields = JSON.parse(Buffer.from(this.original).toString()) as Record<string, unknown>
    delete fields['checksum']
    Object.assign(fields, changes)
    const checksum = crc32(JSON.stringify(fields)).toString(16).padStart(8, '0')
    await writeFile(this.path, JSON.stringify({ ...fields, checksum }))
  }

  async put(content: Uint8Array): Promise<void> {
    await writeFile(this.path, content)
  }

  async restore(): Promise<void> {
    await writeFile(this.path, this.original)
  }
}
