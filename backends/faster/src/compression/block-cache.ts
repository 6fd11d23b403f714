/** 2 MiB of blocks, of all logs of the process. */
const KEPT_BLOCKS = 64
/** Blocks of a file, at most: its number and that of a block are one key. */
const MOST_BLOCKS = 2 ** 20

let files = 0
/** The one that was asked for last stands last. */
const kept = new Map<number, Buffer>()

/** The blocks of one file that were inflated last: whoever reads slot by slot inflates each block once. */
export class BlockCache {
  readonly #first = files++ * MOST_BLOCKS

  get(block: number): Buffer | undefined {
    const key = this.#first + block
    const bytes = kept.get(key)
    if (!bytes) return undefined
    kept.delete(key)
    kept.set(key, bytes)
    return bytes
  }

  keep(block: number, bytes: Buffer): void {
    kept.set(this.#first + block, bytes)
    if (kept.size <= KEPT_BLOCKS) return
    const [oldest] = kept.keys()
    if (oldest !== undefined) kept.delete(oldest)
  }

  clear(): void {
    for (const key of kept.keys()) if (key >= this.#first && key < this.#first + MOST_BLOCKS) kept.delete(key)
  }
}
