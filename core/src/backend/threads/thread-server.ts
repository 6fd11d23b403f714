import { setTimeout as after } from 'node:timers/promises'
import type { ScanOptions } from '../../contract/decision-log.js'
import type { PersistentLog } from '../../contract/persistent-log.js'
import type { LogEntry } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import { HANDLE_VERSION, SEATS, type ServedHandle } from './handle.js'
import {
  decodeCall,
  encodeAnswer,
  thrown,
  type OwnerAnswer,
  type OwnerCall,
  type OwnerMethod,
} from './messages.js'
import { heard, ring, rung } from './parking.js'
import type { PipeReader, PipeWriter } from './pipe.js'
import { Seat } from './seat.js'
import type { SharedProgress } from './shared-progress.js'

/** Handles that a log makes while it is open. */
const MAX_HANDLES = 64
/** How long a close waits for threads that look at what it gives back, or have not fetched their answers, in ms. */
const LEAVE_MS = 5_000
const POLL_MS = 1

/** What the threads may ask of the log, and what they are told of it. */
export type ServedCalls = Pick<
  PersistentLog,
  Exclude<OwnerMethod, 'entries'> | 'backend' | 'firstSlot' | 'capabilities' | 'decisions' | 'bounds'
>

interface Place {
  readonly seat: Seat
  readonly calls: PipeReader
  readonly answers: PipeWriter
  /** Calls that are not answered yet. */
  running: number
}

/**
 * The owner's side of attached threads: takes their calls out of the pipes of their seats, in the order of each thread, has
 * the log judge them like any other call, and sends back what came of them. Everything here runs on the owner's thread.
 *
 * A log whose `threadHandle` is not asked for has none of this.
 */
export class ThreadServer {
  readonly progress: SharedProgress
  readonly #log: ServedCalls
  readonly #places: Place[] = []
  #handles = 0
  #isStopped = false

  constructor(log: ServedCalls, progress: SharedProgress) {
    this.#log = log
    this.progress = progress
    void this.#serve()
  }

  newHandle(): ServedHandle {
    if (this.#handles >= MAX_HANDLES) {
      throw raise.unsupported('threadHandle', `a log makes at most ${MAX_HANDLES} handles while it is open`)
    }
    this.#handles++
    const seats = Array.from({ length: SEATS }, () => new Seat())
    for (const seat of seats) this.#places.push({ seat, ...seat.ownerEnds(), running: 0 })
    const { backend, firstSlot, capabilities } = this.#log
    return {
      ...{ backend, firstSlot, capabilities, version: HANDLE_VERSION, seats: SEATS },
      progress: this.progress.memory,
      seatMemory: seats.map((seat) => seat.memory),
    }
  }

  /** True when no thread looks at what was said to be gone before this call. */
  get isQuiet(): boolean {
    return this.#places.every(({ seat }) => !seat.isPinned)
  }

  /** Has every thread look around: something was given up. */
  wakeAll(): void {
    for (const { seat } of this.#places) ring(seat.bell)
  }

  /**
   * Nothing is taken any more; resolves when no thread looks at the log's memory and all have their answers. A thread that
   * was ended in the middle of a look is not waited for longer than `LEAVE_MS`.
   */
  async close(): Promise<void> {
    this.#drain()
    this.#isStopped = true
    const deadline = performance.now() + LEAVE_MS
    while (this.#places.some(owesAnswers) && performance.now() < deadline) {
      this.#pump()
      await after(POLL_MS)
    }
    this.progress.close()
    this.wakeAll()
    while (!this.isQuiet && performance.now() < deadline) await after(POLL_MS)
    ring(this.progress.ownerBell)
  }

  async #serve(): Promise<void> {
    const { ownerBell } = this.progress
    while (!this.#isStopped) {
      const seen = heard(ownerBell)
      this.#drain()
      this.#pump()
      await rung(ownerBell, seen)
    }
  }

  #drain(): void {
    if (this.#isStopped) return
    for (const place of this.#places) {
      const { frames, hasRoom } = place.calls.take()
      for (const frame of frames) void this.#answer(place, frame)
      if (hasRoom) ring(place.seat.bell)
      if (place.seat.isLeft && place.running === 0) tidy(place)
    }
  }

  #pump(): void {
    for (const place of this.#places) {
      if (!place.answers.isEmpty && place.answers.pump()) ring(place.seat.bell)
    }
  }

  /** Judged before this returns, as a call on this thread would be. */
  async #answer(place: Place, frame: Uint8Array): Promise<void> {
    place.running++
    const call = decodeCall(frame)
    let answer: OwnerAnswer
    try {
      answer = { id: call.id, result: await this.perform(call) }
    } catch (error) {
      answer = { id: call.id, error: thrown(error) }
    }
    place.running--
    if (place.seat.isLeft) {
      if (place.running === 0) tidy(place)
      return
    }
    place.answers.add(encodeAnswer(answer))
    if (place.answers.pump()) ring(place.seat.bell)
  }

  /** The one place where a thread's call becomes a call of the log. */
  perform({ method, args }: OwnerCall): Promise<unknown> {
    if (method === 'entries') return this.#entries(args[0] as Slot, args[1] as Slot, args[2] as ScanOptions)
    const called = this.#log[method] as (...given: readonly unknown[]) => Promise<unknown>
    return called.apply(this.#log, args as unknown[])
  }

  #entries(from: Slot, to: Slot, options: ScanOptions): Promise<LogEntry[] | undefined> {
    return this.#log.decisions({ from, to }, options).nextBatch()
  }
}

const owesAnswers = ({ seat, answers, running }: Place): boolean =>
  !seat.isLeft && (running > 0 || !answers.isEmpty)

/** The seat is as new. What its thread had begun to say is no call. */
function tidy({ seat, calls, answers }: Place): void {
  answers.drop()
  calls.reset()
  seat.threadEnds().answers.reset()
  seat.free()
}
