import { GroupCommit } from '@persistent-log/core/backend'
import { GroupBuilder } from '../segments/group-builder.js'
import type { Sealer } from '../sealing/sealer.js'
import type { Tail } from '../segments/tail.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { EffectEncoder } from './effect-encoder.js'
import { resolveWrite, type PendingSlots } from './pending-slots.js'
import type { PendingWrite } from './stored-effect.js'

/** A group is closed when it reaches this size, in bytes; a larger batch is a group of its own. */
const GROUP_BYTES = 4 * 1024 * 1024

/** What a queue works on. */
export interface QueueParts {
  readonly tail: Tail
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly encoder: EffectEncoder
  readonly sealer: Sealer
}

/**
 * The way of a write into the tail, in two steps that both keep the order of the calls: *append* hands bytes to the
 * operating system (one positional write in flight), *flush* makes them durable (one fdatasync in flight, and what
 * gathers meanwhile shares the next one). A write that asked for less than power-loss resolves after the first step and
 * does not wait for a flush that is under way.
 */
export class WriteQueue {
  readonly #parts: QueueParts
  readonly #builder = new GroupBuilder()
  readonly #appends = new GroupCommit<PendingWrite>(() => this.#append())
  readonly #flushes = new GroupCommit<PendingWrite>(({ length }) => this.#flush(length))
  #queue: PendingWrite[] = []
  /** Appended, in order, and waiting for a flush. */
  readonly #appended: PendingWrite[] = []
  /** What was taken over and has yet to be flushed before it resolves, appended or not. */
  #awaitingFlush = 0
  /** Appends one after the other; rejected for ever after the first failure. */
  #appending: Promise<void> = Promise.resolve()
  #isAppending = false
  #failure: { readonly cause: unknown } | undefined
  #flushedWrites = 0
  /** The mutable region moves to the tail, round by round: its space waits for a flush of all that is appended. */
  #isRegionMoving = false

  constructor(parts: QueueParts) {
    this.#parts = parts
  }

  get flushedWrites(): number {
    return this.#flushedWrites
  }

  /** What made all later writes impossible. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure
  }

  /** Something else failed without which nothing later can be trusted. */
  readonly fail = (cause: unknown): void => void this.#fail(cause)

  /** Nothing is queued, in flight or unflushed. */
  get isFlushed(): boolean {
    const { tail } = this.#parts
    return this.isAppended && this.#appended.length === 0 && tail.flushedTo >= tail.position
  }

  /** Nothing is queued or on its way to the operating system. */
  get isAppended(): boolean {
    return this.#queue.length === 0 && !this.#isAppending
  }

  /** Something that was taken over has yet to be flushed before it resolves. */
  get awaitsFlush(): boolean {
    return this.#awaitingFlush > 0
  }

  /** Takes the write over; resolves when it survives what it joins, and is counted. */
  add(write: PendingWrite): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.cause)
    this.#queue.push(write)
    if (write.joinsFlush) this.#awaitingFlush++
    return write.joinsFlush ? this.#flushes.add(write) : this.#appends.add(write)
  }

  /** Goes on in a new segment, between two appends. */
  roll(): Promise<void> {
    const rolled = this.#appending.then(() => this.#parts.tail.roll())
    this.#appending = rolled.catch((cause: unknown) => {
      throw this.#fail(cause)
    })
    this.#appending.catch(() => undefined)
    return this.#appending
  }

  /** Resolves when nothing is on its way any more. */
  async idle(): Promise<void> {
    await this.#appends.idle()
    await this.#flushes.idle()
  }

  /** Those that gathered first, so many: what was appended since is flushed too, and shown with those that it gathers with. */
  async #flush(count: number): Promise<void> {
    const { sealer, tail } = this.#parts
    // Whatever was appended before this segment began is among those, or resolved before.
    const { number } = tail.active.header
    await this.#append()
    const covered = this.#appended.splice(0, count)
    const settledBelow = this.#appended.length > 0 ? number : tail.active.header.number
    try {
      await tail.flush()
    } catch (cause) {
      throw this.#fail(cause)
    }
    this.#awaitingFlush -= covered.length
    for (const write of covered) {
      this.#flushedWrites += callsOf(write)
      this.#resolve(write)
    }
    sealer.settledBelow(settledBelow)
  }

  #append(): Promise<void> {
    this.#appending = this.#appending.then(() => this.#appendQueued())
    this.#appending.catch(() => undefined)
    return this.#appending
  }

  async #appendQueued(): Promise<void> {
    if (this.#failure) throw this.#failure.cause
    this.#isAppending = true
    try {
      // What is taken over meanwhile has its own turn: or a flush would wait for as long as there is always more.
      for (let left = this.#queue.length; left > 0;) left -= await this.#appendGroup()
    } catch (cause) {
      throw this.#fail(cause)
    } finally {
      this.#isAppending = false
    }
  }

  /** Returns how many writes it took. */
  async #appendGroup(): Promise<number> {
    const { tail, encoder } = this.#parts
    if (tail.isActiveFull) await tail.roll()
    this.#builder.begin({ position: tail.position, seed: tail.active.seed })
    let taken = 0
    for (const write of this.#queue) {
      if (taken > 0 && this.#builder.bytes >= GROUP_BYTES) break
      encoder.encode(write, this.#builder)
      taken++
    }
    const writes = this.#queue.splice(0, taken)
    this.#isRegionMoving ||= writes.some(({ effects }) => effects[0]?.kind === 'evict')
    const awaitsFlush = this.#isRegionMoving || writes.some(({ joinsFlush }) => joinsFlush)
    if (this.#builder.summary.records > 0) await tail.append(this.#builder, encoder.state.point, awaitsFlush)
    encoder.wasAppended()
    for (const write of writes) {
      if (write.joinsFlush) this.#appended.push(write)
      else this.#resolve(write)
    }
    // Where nobody asks for a flush, only the roll has flushed the segments before.
    if (!this.awaitsFlush) this.#parts.sealer.settledBelow(tail.active.header.number)
    return taken
  }

  /** From here on the write is what reads see. */
  #resolve(write: PendingWrite): void {
    resolveWrite(write, this.#parts.table, this.#parts.pending)
  }

  #fail(cause: unknown): unknown {
    this.#failure ??= { cause }
    return this.#failure.cause
  }
}

function callsOf({ effects, held }: PendingWrite): number {
  const [first] = effects
  return first?.kind === 'commit-held' && !first.isBatch ? held.length : 1
}
