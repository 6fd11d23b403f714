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
import { toyCapabilities } from './toy-capabilities.js'
import { LOSES_VOTES, type ToyDefect } from './toy-defects.js'
import type { ToyJournal } from './toy-journal.js'
import type { ToyState } from './toy-state.js'
import { verifyToy } from './toy-verification.js'

/** Effects that a defect leaves out of the file. */
const VOLATILE: Partial<Record<ToyDefect, Effect['kind']>> = {
  promiseVolatile: 'promise',
  configurationVolatile: 'configure',
  checkpointVolatile: 'checkpoint',
  discardVolatile: 'discard',
  pointVolatile: 'compact',
}

/** Lines that wait for their group. */
interface PendingWrite {
  readonly writes: readonly Effect[][]
  readonly survives: Survival
  readonly isForgotten?: boolean
}

/** An engine that appends lines to one file. It is there to be broken and killed, not to be used. */
export class ToyEngine implements LogEngine {
  readonly backend = 'toy'
  readonly capabilities: Capabilities
  readonly blobs: ToyBlobs
  readonly #directory: LogDirectory
  readonly #journal: ToyJournal
  readonly #state: ToyState
  readonly #defect: ToyDefect | undefined
  readonly #commits = new GroupCommit<PendingWrite>((group) => this.#flush(group))
  #counters = { flushes: 0, flushedWrites: 0 }
  /** What `userBuffer` has acknowledged and not written. */
  readonly #buffered: Effect[][] = []
  /** What `checkpointOvertakes` writes behind the next checkpoint. */
  #overtaken: Effect[][] = []
  #failed = false

  constructor(
    directory: LogDirectory,
    journal: ToyJournal,
    state: ToyState,
    blobs: ToyBlobs,
    defect: ToyDefect | undefined,
  ) {
    this.#directory = directory
    this.#journal = journal
    this.#state = state
    this.blobs = blobs
    this.#defect = defect
    this.capabilities = toyCapabilities(defect)
  }

  read(slot: number): StoredEntry {
    const entry = this.#state.entries.get(slot)
    if (entry === undefined) throw raise.corrupted(`slot ${slot} holds nothing`, { slot })
    const { ballot, value, proof } = entry
    return { ballot, value: Uint8Array.from(value), proof: proof && Uint8Array.from(proof) }
  }

  async write(effects: readonly Effect[], survives: Survival): Promise<void> {
    const isWeak = survives === 'process-crash'
    const isForgotten =
      (this.#defect === 'flushForgetsWeaker' && (isWeak || effects.length === 0)) ||
      (LOSES_VOTES.has(this.#defect) && isWeak)
    const writes = this.#asWrites(effects)
    const written = this.#commits.add({ writes, survives, ...(isForgotten && { isForgotten }) })
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
    return verifyToy(this.#state, this.blobs, this.#journal.bytesWritten)
  }

  counters(): EngineCounters {
    return { ...this.#counters, bytesWritten: this.#journal.bytesWritten }
  }

  async close(): Promise<void> {
    await this.#commits.idle()
    try {
      if (!this.#failed) await this.#end()
      this.#leaveBehind()
    } finally {
      await this.#journal.close()
      if (this.#defect !== 'lockNotReleased') {
        await this.#directory.end(this.#failed ? 'failed' : 'intact')
      }
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

  /** The last line says that it is the last one: a file that lacks it was cut. */
  async #end(): Promise<void> {
    try {
      for (const effects of [...this.#buffered, ...this.#overtaken]) await this.#journal.append({ effects })
      await this.#journal.append({ effects: [], closed: true })
      await this.#journal.flush()
    } catch (error) {
      this.#failed = true
      throw error
    }
  }

  #isLeftOut(effect: Effect): boolean {
    if (this.#defect === undefined) return false
    if (this.#defect !== 'repairVolatile') return VOLATILE[this.#defect] === effect.kind
    return effect.kind === 'decide' && this.#state.ledger.damaged.has(effect.slot)
  }

  /** A line each. */
  #asWrites(effects: readonly Effect[]): Effect[][] {
    const kept = effects.filter((effect) => !this.#isLeftOut(effect))
    if (this.#defect === 'batchNotAtomic') return kept.map((effect) => [effect])
    if (this.#defect !== 'commitVolatile') return [kept]
    return [kept.map((effect) => (effect.kind === 'decide' ? { ...effect, kind: 'accept' } : effect))]
  }

  /** Weaker writes stay in memory until a checkpoint is durable. */
  async #flushOvertaking(group: readonly PendingWrite[]): Promise<void> {
    for (const { writes, survives } of group) {
      if (survives === 'process-crash') this.#overtaken.push(...writes)
      else for (const effects of writes) await this.#journal.append({ effects })
    }
    await this.#journal.flush()
    if (!group.some(({ writes }) => writes.flat().some(({ kind }) => kind === 'checkpoint'))) return
    for (const effects of this.#overtaken) await this.#journal.append({ effects })
    this.#overtaken = []
  }

  async #flush(group: readonly PendingWrite[]): Promise<void> {
    const writes = group.flatMap((one) => one.writes)
    try {
      if (this.#defect === 'checkpointOvertakes') return await this.#flushOvertaking(group)
      if (this.#defect === 'userBuffer') return void this.#buffered.push(...writes)
      // Whoever looks at the acknowledgement is faster than the system call.
      if (this.#defect === 'acceptAckEarly') await new Promise((resolve) => setImmediate(resolve))
      for (const effects of writes) await this.#journal.append({ effects })
      if (group.every(({ isForgotten }) => isForgotten === true)) return
      await this.#journal.flush()
      this.#counters.flushes++
      this.#counters.flushedWrites += writes.length
    } catch (error) {
      this.#failed = true
      throw error
    }
  }
}
