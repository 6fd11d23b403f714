import type { Ballot } from '@persistent-log/core'
import type { Acknowledgement, Acknowledgements, FromReplica, ShownCheckpoint } from './protocol.js'

interface Gathered extends Acknowledgements {
  readonly accepts: Acknowledgement[]
  readonly commits: Acknowledgement[]
  readonly promises: Ballot[]
  readonly checkpoints: ShownCheckpoint[]
  readonly compactions: number[]
}

const nothing = (): Gathered => ({ accepts: [], commits: [], promises: [], checkpoints: [], compactions: [] })

/**
 * Tells the client which calls have returned, in one message per turn of the event loop. It also keeps the replica from
 * running away from its client: no more than `unnoted` acknowledgements are ahead of what the client has noted.
 */
export class Acknowledger {
  readonly #send: (message: FromReplica) => void
  readonly #unnoted: number
  #gathered: Gathered | undefined
  #returned = 0
  #noted = 0
  #inFlight = 0
  #waiting: (() => void)[] = []

  constructor(send: (message: FromReplica) => void, unnoted: number) {
    this.#send = send
    this.#unnoted = unnoted
  }

  /** Makes a call on the log, and notes that it is under way until it has returned. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#inFlight++
    try {
      return await call()
    } finally {
      this.#inFlight--
    }
  }

  accepted(slot: number, ballot: Ballot): void {
    this.#returned++
    this.#next().accepts.push({ slot, ballot })
  }

  committed(slot: number, ballot: Ballot): void {
    this.#returned++
    this.#next().commits.push({ slot, ballot })
  }

  promised(ballot: Ballot): void {
    this.#next().promises.push(ballot)
  }

  stored(checkpoint: ShownCheckpoint): void {
    this.#next().checkpoints.push(checkpoint)
  }

  compacted(before: number): void {
    this.#next().compactions.push(before)
  }

  /** The client has noted so many. */
  noted(count: number): void {
    this.#noted = count
    for (const proceed of this.#waiting.splice(0)) proceed()
  }

  /** Resolves when the client has caught up far enough for another command. */
  async room(): Promise<void> {
    while (this.#returned - this.#noted >= this.#unnoted) {
      await new Promise<void>((proceed) => this.#waiting.push(proceed))
    }
  }

  /** Sends what has been gathered so far. */
  flush(): void {
    const calls = this.#gathered
    if (calls === undefined) return
    this.#gathered = undefined
    this.#send({ type: 'acknowledged', calls, inFlight: this.#inFlight })
  }

  #next(): Gathered {
    if (this.#gathered === undefined) {
      this.#gathered = nothing()
      setImmediate(() => this.flush())
    }
    return this.#gathered
  }
}
