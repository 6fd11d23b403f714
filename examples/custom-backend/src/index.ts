import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { defineStoreBackend, fields, publishFile, type Damage } from '@persistent-log/core/backend'
import type { OrderedStore, StoreOperation, StorePair, StoreRange } from '@persistent-log/core/backend'

type Pair = readonly [key: string, value: string | null] // In hex, which sorts as the bytes do; null deletes.
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const sealed = (body: string): string => `${crc32(body)} ${body}`
const lineOf = (pairs: readonly Pair[]): string => `\n${sealed(JSON.stringify(pairs))}\n`
function apply(values: Map<string, Uint8Array>, pairs: readonly Pair[]): Map<string, Uint8Array> {
  for (const [key, value] of pairs)
    if (value === null) values.delete(key)
    else values.set(key, unhex(value))
  return values
}
const END = sealed('[["",null]]') // The last line of a store that was closed, and no other: each open rewrites the file.

/** A map in memory and a text file with a line per write: a checksum and the pairs. */
class TextFileStore implements OrderedStore {
  readonly survives = 'power-loss'
  readonly openBy = 'one-process'
  readonly maxValueBytes = 64 * 1024 * 1024
  readonly damaged: Damage[] = []
  torn: { readonly bytes: number; readonly ambiguous: boolean } | undefined
  readonly #values = new Map<string, Uint8Array>()
  #isWhole = true // False from a failed write, or from damage, until a write has succeeded.
  constructor(readonly file: string) {}
  async load(cleanClose: boolean, beginChanges: () => Promise<void>): Promise<void> {
    const lines = (await readFile(this.file, 'latin1')).split('\n')
    const last = lines.findLastIndex((line) => line !== '')
    for (const [at, line] of lines.entries()) {
      const body = line.slice(line.indexOf(' ') + 1)
      if (line === sealed(body)) apply(this.#values, JSON.parse(body) as Pair[])
      else if (at === last && !cleanClose) this.torn = { bytes: line.length, ambiguous: true }
      else if (line !== '') this.damaged.push({ reason: 'a line is damaged', file: this.file })
    }
    if (cleanClose && lines[last] !== END) this.damaged.push({ reason: 'the last line is missing' })
    this.#isWhole = this.damaged.length === 0 // What is damaged stays as evidence until it is salvaged.
    await beginChanges() // Up to here nothing was changed: where an open fails, the next one judges by the same close.
    if (this.#isWhole) await this.#rewrite(this.#values) // What only the page cache holds goes to fresh blocks.
  }
  get = (key: Uint8Array): Uint8Array | undefined => this.#values.get(hex(key))?.slice()
  async page({ from, to, limit }: StoreRange): Promise<StorePair[]> {
    const [low, high] = [hex(from), hex(to)]
    const keys = [...this.#values.keys()].filter((key) => key >= low && key < high).sort()
    return keys.slice(0, limit).map((key) => ({ key: unhex(key), value: this.#values.get(key)!.slice() }))
  }
  async write(operations: readonly StoreOperation[]): Promise<void> {
    const pairs = operations.map(({ key, value }): Pair => [hex(key), value ? hex(value) : null])
    const hasGarbage = !this.#isWhole || pairs.some(([, value]) => value === null)
    this.#isWhole = false
    await appendFile(this.file, lineOf(pairs), { flush: true })
    if (hasGarbage) await this.#rewrite(apply(new Map(this.#values), pairs))
    apply(this.#values, pairs) // Not before: reads go on when a write has failed, and show nothing of it.
    this.#isWhole = true
  }
  async close(): Promise<void> {
    if (this.#isWhole) await appendFile(this.file, `\n${END}\n`, { flush: true })
  }
  async #rewrite(values: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const lines = [...values].map(([key, value]) => lineOf([[key, hex(value)]]))
    await publishFile(this.file, Buffer.from(lines.join('')))
  }
}

export const backend = defineStoreBackend({
  name: 'example',
  summary: 'a map and a text file: small and readable, for logs that fit into memory',
  formatVersion: 1,
  judgesByClose: true,
  options: fields({}),
  async openStore(directory, { created, cleanClose, beginChanges }) {
    const store = new TextFileStore(`${directory}/writes.txt`)
    if (created) await writeFile(store.file, '')
    await store.load(cleanClose && !created, beginChanges)
    return { store, damaged: store.damaged, torn: store.torn }
  },
})
