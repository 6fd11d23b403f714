import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import type { PersistentLog, ThreadHandle } from '@persistent-log/core'
import type { CaseContext } from '../running/case-context.js'

/** What a thread needs to attach a log. */
export interface ThreadOrder {
  readonly handle: unknown
  readonly backend: string
}

/** A call that a thread is to make: a method of the attached log, or one of the programme's own. */
export interface ThreadCall {
  readonly method: string
  readonly args: readonly unknown[]
}

/** What came of it: a value, or the code of an error (or its class) and its message. */
export interface ThreadOutcome {
  readonly value?: unknown
  readonly error?: string
  readonly message?: string
}

/** A worker thread that has attached the log under test. */
export class AttachedThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, (outcome: ThreadOutcome) => void>()
  #nextId = 0

  constructor(order: ThreadOrder) {
    this.#worker = new Worker(new URL('./attached-thread.js', import.meta.url), { workerData: order })
    this.#worker.on('message', ({ id, outcome }: { id: number; outcome: ThreadOutcome }) => {
      this.#waiting.get(id)?.(outcome)
      this.#waiting.delete(id)
    })
    this.#worker.on('error', (error) => this.#failAll(error.message))
  }

  /** What came of attaching. */
  attached(): Promise<ThreadOutcome> {
    return new Promise((resolve) => this.#waiting.set(this.#nextId++, resolve))
  }

  outcome(method: string, ...args: readonly unknown[]): Promise<ThreadOutcome> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#worker.postMessage({ id, call: { method, args } })
    })
  }

  async call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    const { value, error, message } = await this.outcome(method, ...args)
    if (error !== undefined) expect.fail(`${method} in a thread was refused: ${message}`)
    return value as T
  }

  async refused(code: string, method: string, ...args: readonly unknown[]): Promise<void> {
    const { error, message } = await this.outcome(method, ...args)
    expect(error, `${method} in a thread: ${message ?? 'it succeeded'}`).to.equal(code)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #failAll(message: string): void {
    for (const resolve of this.#waiting.values()) resolve({ error: 'Error', message })
    this.#waiting.clear()
  }
}

/** Runs the body with so many threads that have attached the log; they end with it. */
export async function withThreads(
  ctx: CaseContext,
  log: PersistentLog,
  count: number,
  body: (...threads: AttachedThread[]) => Promise<void>,
): Promise<void> {
  const threads: AttachedThread[] = []
  try {
    for (let made = 0; made < count; made++) threads.push(await attachThread(ctx, log.threadHandle!()))
    await body(...threads)
  } finally {
    await Promise.all(threads.map((thread) => thread.end()))
  }
}

async function attachThread(ctx: CaseContext, handle: ThreadHandle): Promise<AttachedThread> {
  const thread = new AttachedThread({ handle, backend: ctx.target.backend })
  const { error, message } = await thread.attached()
  if (error === undefined) return thread
  await thread.end()
  return expect.fail(`attaching was refused: ${message}`)
}
