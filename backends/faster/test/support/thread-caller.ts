import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { PersistentLog } from '@persistent-log/core'
import type { Call, Outcome } from './caller-thread.js'

/** A worker thread that has attached the log, and does what it is told. */
export class ThreadCaller {
  readonly worker: Worker
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()
  #nextId = 1

  private constructor(worker: Worker) {
    this.worker = worker
    worker.on('message', (message: unknown) => {
      if (typeof message !== 'object') return
      const { id, outcome } = message as { id: number; outcome: Outcome }
      this.#waiting.get(id)?.(outcome)
      this.#waiting.delete(id)
    })
  }

  static async attach(log: PersistentLog, handle = log.threadHandle!()): Promise<ThreadCaller> {
    const worker = new Worker(new URL('./caller-thread.js', import.meta.url), { workerData: { handle } })
    await once(worker, 'message')
    return new ThreadCaller(worker)
  }

  outcome(...call: Call): Promise<Outcome> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.worker.postMessage({ id, call })
    })
  }

  /** Its value, or a failure that says what was refused. */
  async call<T = unknown>(...call: Call): Promise<T> {
    const { value, error, message } = await this.outcome(...call)
    if (error !== undefined) throw new Error(`${call[0]} was refused: ${message}`)
    return value as T
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }
}
