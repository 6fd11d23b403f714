import { raise } from '../../errors/raise.js'
import { decodeAnswer, encodeCall, errorFrom, type OwnerMethod } from './messages.js'
import { heard, ring, rung } from './parking.js'
import type { PipeReader, PipeWriter } from './pipe.js'
import type { Seat } from './seat.js'
import type { SharedProgress } from './shared-progress.js'

/** A call in a pipe is bounded, in bytes: a batch at the limit of any backend, and its slots. */
const MAX_CALL_BYTES = 2 ** 28
/** The longest a timer runs, in ms. */
const LONGEST_MS = 2 ** 31 - 1

/** Whoever has a seat in this thread. */
const attached = new Set<OwnerCalls>()

process.once('exit', () => {
  for (const calls of attached) calls.leave()
})

interface Pending {
  readonly method: OwnerMethod
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** The thread's side: sends calls to the owner in order, and hands out the answers. */
export class OwnerCalls {
  readonly #seat: Seat
  readonly #progress: SharedProgress
  readonly #calls: PipeWriter
  readonly #answers: PipeReader
  readonly #pending = new Map<number, Pending>()
  readonly #onWake: () => void
  #nextId = 1
  #isLeaving = false
  #closing: Promise<void> | undefined
  #idle: (() => void) | undefined
  /** Calls that wait for an answer keep their thread alive; a wait for a bell alone does not. */
  #alive: NodeJS.Timeout | undefined

  /** `onWake` runs when the owner says that something was given up or that the log is closed. */
  constructor(seat: Seat, progress: SharedProgress, onWake: () => void) {
    const { calls, answers } = seat.threadEnds()
    this.#seat = seat
    this.#progress = progress
    this.#calls = calls
    this.#answers = answers
    this.#onWake = onWake
    attached.add(this)
    // Not before whoever is being made around this one is whole.
    queueMicrotask(() => void this.#listen())
  }

  get isOpen(): boolean {
    return !this.#isLeaving && !this.#progress.isClosed
  }

  /** Throws unless a call may start now. */
  check(operation: string, signal?: AbortSignal): void {
    if (!this.isOpen) throw raise.notOpen(operation)
    signal?.throwIfAborted()
  }

  /** Handed over before this returns; the bytes are copied. */
  call(method: OwnerMethod, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.check(method)
      const id = this.#nextId++
      const frame = encodeCall({ id, method, args })
      if (frame.byteLength > MAX_CALL_BYTES)
        throw raise.tooLarge('the bytes of the call', frame.byteLength, MAX_CALL_BYTES)
      this.#pending.set(id, { method, resolve, reject })
      this.#alive ??= setTimeout(() => undefined, LONGEST_MS)
      this.#calls.add(frame)
      this.#pump()
    })
  }

  /** Resolves when earlier calls are answered; the seat is free then. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#isLeaving = true
    // Who waits for a slot is told; the others look once more.
    this.#progress.wake()
    if (this.#pending.size > 0 && !this.#progress.isClosed) {
      await new Promise<void>((resolve) => (this.#idle = resolve))
    }
    if (this.#pending.size > 0) this.leave()
    else if (attached.delete(this)) this.#seat.free()
    ring(this.#seat.bell)
  }

  /** Gives the seat up, answered or not. */
  leave(): void {
    if (!attached.delete(this)) return
    this.#seat.leave()
    ring(this.#progress.ownerBell)
  }

  #pump(): void {
    if (!this.#calls.isEmpty && this.#calls.pump()) ring(this.#progress.ownerBell)
  }

  async #listen(): Promise<void> {
    while (attached.has(this)) {
      const seen = heard(this.#seat.bell)
      // Asked first: the owner says it after the last answer.
      const { isClosed } = this.#progress
      this.#take()
      this.#onWake()
      if (isClosed) return this.#end()
      this.#pump()
      await rung(this.#seat.bell, seen)
    }
  }

  #take(): void {
    const { frames, hasRoom } = this.#answers.take()
    if (hasRoom) ring(this.#progress.ownerBell)
    for (const frame of frames) {
      const answer = decodeAnswer(frame)
      const pending = this.#pending.get(answer.id)
      this.#pending.delete(answer.id)
      if ('error' in answer) pending?.reject(errorFrom(answer.error))
      else pending?.resolve(answer.result)
    }
    if (this.#pending.size === 0) this.#settle()
  }

  /** The owner has closed the log: nobody asks for the seat again. */
  #end(): void {
    attached.delete(this)
    for (const { method, reject } of this.#pending.values()) reject(raise.notOpen(method))
    this.#pending.clear()
    this.#settle()
  }

  #settle(): void {
    clearTimeout(this.#alive)
    this.#alive = undefined
    this.#idle?.()
  }
}
