import { openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { raise, type Capabilities, type Survival } from '@persistent-log/core'
import {
  GroupCommit,
  type Effect,
  type EngineCounters,
  type EngineVerification,
  type LogDirectory,
  type LogEngine,
  type StoredEntry,
} from '@persistent-log/core/backend'
import type { ToyBlobs } from './toy-blobs.js'
import type { ToyDefect } from './toy-defects.js'
import type { ToyFile } from './toy-file.js'
import { encodeLine } from './toy-records.js'
import type { ToyState } from './toy-state.js'

/** What the toy offers. */
export const TOY_CAPABILITIES: Capabilities = {
  survives: { accept: 'power-loss', commit: 'power-loss' },
  openBy: 'one-process',
  atomicBatches: true,
  locatesCorruption: false,
  syncReads: false,
  borrowedReads: false,
  limits: { valueBytes: 2 ** 20, batchSlots: 4_096, batchBytes: 2 ** 22 },
}

/** Effects that a defect leaves out of the file. */
const VOLATILE: Partial<Record<ToyDefect, Effect['kind']>> = {
  promiseVolatile: 'promise',
  configurationVolatile: 'configure',
  checkpointVolatile: 'checkpoint',
  discardVolatile: 'discard',
  pointVolatile: 'compact',
}

/** An engine that appends lines to one file. It is there to be broken and killed, not to be used. */
export class ToyEngine implements LogEngine {
  readonly backend = 'toy'
  readonly capabilities = TOY_CAPABILITIES
  readonly blobs: ToyBlobs
  readonly #directory: LogDirectory
  readonly #file: ToyFile
  readonly #state: ToyState
  readonly #defect: ToyDefect | undefined
  readonly #commits = new GroupCommit<string>((lines) => this.#flush(lines))
  #counters = { flushes: 0, flushedWrites: 0, bytesWritten: 0 }
  /** What `userBuffer` has acknowledged and not written. */
  readonly #buffered: string[] = []
  #failed = false

  constructor(
    directory: LogDirectory,
    file: ToyFile,
    state: ToyState,
    blobs: ToyBlobs,
    defect: ToyDefect | undefined,
  ) {
    this.#directory = directory
    this.#file = file
    this.#state = state
    this.blobs = blobs
    this.#defect = defect
  }

  read(slot: number): StoredEntry {
    const entry = this.#state.entries.get(slot)
    if (entry === undefined) throw raise.corrupted(`slot ${slot} holds nothing`, { slot })
    const { ballot, value, proof } = entry
    return { ballot, value: Uint8Array.from(value), proof: proof && Uint8Array.from(proof) }
  }

  async write(effects: readonly Effect[], survives: Survival): Promise<void> {
    void survives
    const written = this.#commits.add(this.#asLines(effects))
    const early =
      this.#defect === 'userBuffer' ||
      (this.#defect === 'acceptAckEarly' && effects.every(({ kind }) => kind === 'accept'))
    if (!early) await written
    this.#state.apply(effects)
  }

  async reclaim(): Promise<void> {
    // The file is written anew at the next open.
  }

  async verify(): Promise<EngineVerification> {
    return { slots: this.#state.entries.size, bytes: this.#counters.bytesWritten, damaged: [] }
  }

  counters(): EngineCounters {
    return this.#counters
  }

  async close(): Promise<void> {
    await this.#commits.idle()
    try {
      if (this.#buffered.length > 0) await this.#append(this.#buffered.join(''))
      await this.#file.close()
      this.#leaveBehind()
    } finally {
      await this.#directory.end(this.#failed ? 'failed' : 'intact')
    }
  }

  #leaveBehind(): void {
    const { enginePath } = this.#directory
    if (this.#defect === 'stalePidFile') rmSync(join(enginePath, 'owner'))
    if (this.#defect === 'handleLeak') openSync(join(enginePath, 'log'), 'r')
    // The other two would end the kit itself: they act in the processes that it forks.
    if (process.send === undefined) return
    if (this.#defect === 'liveTimer') setInterval(() => undefined, 1_000)
    if (this.#defect === 'rejectionUnhandled') void Promise.reject(new Error('nobody is told'))
  }

  #asLines(effects: readonly Effect[]): string {
    const kept = effects.filter(({ kind }) => this.#defect === undefined || VOLATILE[this.#defect] !== kind)
    if (this.#defect === 'batchNotAtomic') return kept.map((effect) => encodeLine([effect])).join('')
    if (this.#defect !== 'commitVolatile') return encodeLine(kept)
    return encodeLine(
      kept.map((effect) => (effect.kind === 'decide' ? { ...effect, kind: 'accept' } : effect)),
    )
  }

  async #flush(lines: string[]): Promise<void> {
    try {
      if (this.#defect === 'userBuffer') return void this.#buffered.push(...lines)
      const pieces = this.#defect === 'batchNotAtomic' ? lines.join('').split(/(?<=\n)/) : [lines.join('')]
      for (const piece of pieces) await this.#append(piece)
      await this.#file.flush()
      this.#counters.flushes++
      this.#counters.flushedWrites += lines.length
    } catch (error) {
      this.#failed = true
      throw error
    }
  }

  async #append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    await this.#file.append(bytes)
    this.#counters.bytesWritten += bytes.byteLength
  }
}
