import type { PartSource } from '../../../contract/divisible-checkpoints.js'
import { raise } from '../../../errors/raise.js'
import { abortable } from '../abortable.js'
import type { LifeCycle } from '../life-cycle.js'
import { encodeParts } from './descriptors.js'
import type { DescribedPart, HeldPart } from './held-part.js'
import { givenPart, PartChecks, type GivenPart } from './part-arguments.js'
import type { PartBlobs } from './part-blobs.js'
import { own } from './part-table.js'
import { severalAtOnce } from './several-at-once.js'

/** A state in parts on its way to the disk: what is held already is not written again. */
export class PartWriter {
  readonly #parts: PartBlobs
  readonly #life: LifeCycle

  constructor(parts: PartBlobs, life: LifeCycle) {
    this.#parts = parts
    this.#life = life
  }

  /**
   * Makes the parts durable, then the list of them; nothing is left of either when that fails. A held part that is named
   * without its content is read first where `readsHeld` is set and nobody has read it yet: a damaged one is missing.
   */
  async write(
    sources: Iterable<PartSource> | AsyncIterable<PartSource>,
    signal: AbortSignal | undefined,
    readsHeld: boolean,
  ): Promise<{ readonly described: readonly DescribedPart[]; readonly blob: string }> {
    const owned: HeldPart[] = []
    try {
      const described = await severalAtOnce(
        this.#given(sources, signal),
        ({ content }) => content?.byteLength ?? 0,
        async (given): Promise<DescribedPart> => {
          signal?.throwIfAborted()
          const part = await this.obtain(given, readsHeld)
          owned.push(part)
          return { name: given.name, part }
        },
      )
      signal?.throwIfAborted()
      const { blob } = await this.#parts.write(encodeParts(described))
      return { described, blob }
    } catch (error) {
      // The first failure is the one to tell; what is left goes at the next open.
      await this.#parts.release(owned).catch(() => undefined)
      throw error
    }
  }

  async *#given(
    sources: Iterable<PartSource> | AsyncIterable<PartSource>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GivenPart> {
    const checks = new PartChecks()
    for await (const source of Symbol.asyncIterator in sources ? abortable(sources, signal) : sources) {
      signal?.throwIfAborted()
      this.#life.checkPoison('checkpoints')
      yield givenPart(source, checks.next(source))
    }
  }

  /** The part, with one owner more. */
  async obtain({ field, digest, bytes, content }: GivenPart, readsHeld: boolean): Promise<HeldPart> {
    if (content) return this.#parts.obtain(digest, content)
    const held = this.#parts.table.find(digest)
    if (!held) throw raise.partMissing(field, digest)
    if (bytes !== undefined && bytes !== held.bytes) {
      throw raise.digestMismatch(`${field}.bytes is ${bytes}; the part with its digest has ${held.bytes}`, {
        field: `${field}.bytes`,
        value: bytes,
      })
    }
    if (!readsHeld) return own(held)
    const readable = await this.#parts.readable(digest)
    if (!readable) throw raise.partMissing(field, digest)
    return readable
  }
}
