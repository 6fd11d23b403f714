interface Group<Item> {
  readonly items: Item[]
  readonly done: Promise<void>
  readonly settle: (error?: { readonly cause: unknown }) => void
}

function newGroup<Item>(): Group<Item> {
  let settle!: Group<Item>['settle']
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error.cause) : resolve())
  })
  // Somebody may queue and not wait (a forced close): the failure is told to whoever does.
  done.catch(() => undefined)
  return { items: [], done, settle }
}

/**
 * Group commit: exactly one flush in flight; what is added meanwhile shares the next one. No timer: the flush itself is
 * the pace (DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984).
 *
 * After a failed flush nothing more is written: everything queued and everything added later rejects with the first
 * failure.
 */
export class GroupCommit<Item> {
  readonly #flush: (items: Item[]) => Promise<void>
  #gathering: Group<Item> | undefined
  #inFlight: Group<Item> | undefined
  #failure: { readonly cause: unknown } | undefined

  constructor(flush: (items: Item[]) => Promise<void>) {
    this.#flush = flush
  }

  /** Resolves when the flush that covers the item has succeeded. Items are flushed in the order of the calls. */
  add(item: Item): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.cause)
    this.#gathering ??= newGroup()
    const group = this.#gathering
    group.items.push(item)
    if (!this.#inFlight) this.#start()
    return group.done
  }

  /** Resolves when nothing is queued or in flight any more, also after a failure. */
  async idle(): Promise<void> {
    for (let group = this.#gathering ?? this.#inFlight; group; group = this.#gathering ?? this.#inFlight) {
      await group.done.catch(() => undefined)
    }
  }

  /** The code that runs now is let finish first, so that calls made together share the first flush too. */
  #start(): void {
    const group = this.#gathering
    if (!group) return
    this.#inFlight = group
    queueMicrotask(() => {
      this.#gathering = undefined
      this.#flush(group.items).then(
        () => this.#finish(group),
        (cause: unknown) => this.#fail(group, { cause }),
      )
    })
  }

  #finish(group: Group<Item>): void {
    this.#inFlight = undefined
    group.settle()
    if (this.#gathering) this.#start()
  }

  #fail(group: Group<Item>, failure: { readonly cause: unknown }): void {
    this.#failure = failure
    this.#inFlight = undefined
    group.settle(failure)
    this.#gathering?.settle(failure)
    this.#gathering = undefined
  }
}
