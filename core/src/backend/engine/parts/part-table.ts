import type { HeldPart } from './held-part.js'

/** A content that was written just now. */
export type WrittenPart = Pick<HeldPart, 'bytes' | 'blob'>

/** The contents that are stored, each once, with a count of those who want it. Costs memory by their number. */
export class PartTable {
  /** Damaged ones are not in it: their content may come anew, under the name of a new blob. */
  readonly #byDigest = new Map<string, HeldPart>()
  readonly #writing = new Map<string, Promise<WrittenPart>>()
  readonly #received = new Map<string, HeldPart>()

  /** A content that is stored, and not known to be damaged. */
  find(digest: string): HeldPart | undefined {
    return this.#byDigest.get(digest)
  }

  /** The content with one owner more; `write` stores it where it is not held and nobody else is storing it. */
  async obtain(digest: string, write: () => Promise<WrittenPart>): Promise<HeldPart> {
    for (;;) {
      const held = this.find(digest)
      if (held) return own(held)
      const another = this.#writing.get(digest)
      if (!another) break
      // Where the other call fails it is this one's turn; the failure is told there.
      await another.catch(() => undefined)
    }
    const writing = write()
    this.#writing.set(digest, writing)
    try {
      return this.add({ ...(await writing), digest, isVerified: true })
    } finally {
      this.#writing.delete(digest)
    }
  }

  /** Enters a content that is stored, with one owner. */
  add(part: Omit<HeldPart, 'owners'>): HeldPart {
    const held = { ...part, owners: 1 }
    this.#byDigest.set(part.digest, held)
    return held
  }

  /** One owner less; true when it was the last, and the blob is to be removed. */
  disown(part: HeldPart): boolean {
    part.owners--
    if (part.owners > 0) return false
    this.forget(part)
    return true
  }

  /** Nobody gets this one any more. */
  forget(part: HeldPart): void {
    if (this.#byDigest.get(part.digest) === part) this.#byDigest.delete(part.digest)
  }

  get receivedCount(): number {
    return this.#received.size
  }

  /** Takes a part over that its caller owns, until `takeReceived`. What was kept before is the caller's: to be released. */
  keepReceived(part: HeldPart): HeldPart[] {
    const before = this.#received.get(part.digest)
    this.#received.set(part.digest, part)
    return before ? [before] : []
  }

  /** Received parts that are not to be kept any longer; their owner is now the caller. */
  takeReceived(those: Iterable<HeldPart>): HeldPart[] {
    return [...those].filter(
      (part) => this.#received.get(part.digest) === part && this.#received.delete(part.digest),
    )
  }

  received(): readonly HeldPart[] {
    return [...this.#received.values()]
  }

  isReceived(digest: string): boolean {
    return this.#received.has(digest)
  }
}

/** One owner more. */
export function own(part: HeldPart): HeldPart {
  part.owners++
  return part
}
