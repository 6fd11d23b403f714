import { digestOfParts } from '../../../contract/divisible-checkpoints.js'
import { isPersistentLogError, raise } from '../../../errors/index.js'
import type { StoredCheckpoint } from '../effect.js'
import type { BlobStore } from '../log-engine.js'
import { readFailure } from '../read-failure.js'
import { decodeDescriptor, encodeDescriptor, type DescriptorLine } from './descriptor-codec.js'
import { publicPart, type DescribedPart, type HeldPart } from './held-part.js'
import type { PartBlobs } from './part-blobs.js'
import { own } from './part-table.js'

/** The lists of the parts of all divisible checkpoints; each owns the parts that it names. */
export class Descriptors {
  readonly #byBlob = new Map<string, readonly DescribedPart[]>()
  readonly #unreadable = new Set<string>()

  /** Part of opening: reads the list of every divisible checkpoint. */
  async load(blobs: BlobStore, parts: PartBlobs, checkpoints: readonly StoredCheckpoint[]): Promise<void> {
    const held = new Map<string, HeldPart>()
    for (const checkpoint of checkpoints) {
      if (checkpoint.parts === undefined) continue
      const lines = await readLines(blobs, checkpoint)
      if (!lines) {
        this.#unreadable.add(checkpoint.blob)
        continue
      }
      const described = lines.map(({ name, digest, bytes, blob }): DescribedPart => {
        // By its blob: beside a damaged content there may be a newer one with the same digest.
        const known = held.get(blob)
        const part = known ? own(known) : parts.table.add({ digest, bytes, blob, isVerified: false })
        held.set(blob, part)
        return { name, part }
      })
      this.#byBlob.set(checkpoint.blob, described)
    }
  }

  /** All that the checkpoints name; `undefined` when some list is unreadable, and nobody can tell. */
  named(checkpoints: readonly StoredCheckpoint[]): ReadonlySet<string> | undefined {
    if (this.#unreadable.size > 0) return undefined
    const named = new Set(checkpoints.map(({ blob }) => blob))
    for (const parts of this.#byBlob.values()) for (const { part } of parts) named.add(part.blob)
    return named
  }

  /** Enters a list that was written just now; it takes the ownership of the parts over. */
  add(blob: string, parts: readonly DescribedPart[]): void {
    this.#byBlob.set(blob, parts)
  }

  /** The parts of a checkpoint; `undefined` when it was stored in one piece or its list is unreadable. */
  of({ blob }: StoredCheckpoint): readonly DescribedPart[] | undefined {
    return this.#byBlob.get(blob)
  }

  isUnreadable({ blob }: StoredCheckpoint): boolean {
    return this.#unreadable.has(blob)
  }

  /** The checkpoint is gone; its parts are the caller's to release. */
  take({ blob }: StoredCheckpoint): HeldPart[] {
    const parts = this.#byBlob.get(blob) ?? []
    this.#byBlob.delete(blob)
    this.#unreadable.delete(blob)
    return parts.map(({ part }) => part)
  }

  /** All parts that are named, each once. */
  parts(): ReadonlySet<HeldPart> {
    return new Set([...this.#byBlob.values()].flatMap((parts) => parts.map(({ part }) => part)))
  }

  /** The blobs of the checkpoints that name a part. */
  naming(part: HeldPart): string[] {
    return [...this.#byBlob].flatMap(([blob, parts]) =>
      parts.some((one) => one.part === part) ? [blob] : [],
    )
  }
}

/** The list as its blob holds it. */
export function encodeParts(parts: readonly DescribedPart[]): Uint8Array {
  return encodeDescriptor(
    parts.map(({ name, part: { digest, bytes, blob } }) => ({ name, digest, bytes, blob })),
  )
}

/** `undefined` when the list is damaged. */
async function readLines(
  blobs: BlobStore,
  { slot, blob, digest, parts }: StoredCheckpoint,
): Promise<DescriptorLine[] | undefined> {
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of blobs.read(blob)) chunks.push(chunk)
    const lines = decodeDescriptor(Buffer.concat(chunks))
    if (lines.length === parts && digestOfParts(lines) === digest) return lines
    throw raise.corrupted(`the list of the parts of the checkpoint at slot ${slot} is not what was stored`)
  } catch (error) {
    if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return undefined
    throw readFailure(slot, error)
  }
}

/** The descriptor as its user sees it. */
export const publicParts = (parts: readonly DescribedPart[]) => parts.map(publicPart)
