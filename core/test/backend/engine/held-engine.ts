import { raise } from '../../../src/errors/index.js'
import { Ledger } from '../../../src/backend/engine/ledger.js'
import { openEngineLog } from '../../../src/backend/engine/engine-log.js'
import type { Effect } from '../../../src/backend/engine/effect.js'
import type {
  AtOnceWrites,
  BlobStore,
  BlobWriter,
  LogEngine,
  StoredEntry,
} from '../../../src/backend/engine/log-engine.js'
import type {
  Ballot,
  Capabilities,
  OpenContext,
  PersistentLog,
  Proposal,
  Survival,
} from '../../../src/contract/index.js'
import { CONTEXT } from '../../support/context.js'

interface HeldWrite {
  readonly effects: readonly Effect[]
  readonly survives: Survival
  readonly succeed: () => void
  readonly fail: (error: Error) => void
}

/** Blobs in memory, open to the test. */
export class HeldBlobs implements BlobStore {
  readonly contents = new Map<string, Uint8Array | 'damaged'>()
  #created = 0

  create(): BlobWriter {
    const blob = String(this.#created++)
    const chunks: Uint8Array[] = []
    return {
      blob,
      write: async (chunk) => void chunks.push(Uint8Array.from(chunk)),
      finish: async () => void this.contents.set(blob, Buffer.concat(chunks)),
      abort: () => this.remove(blob),
    }
  }

  async *read(blob: string): AsyncGenerator<Uint8Array> {
    const content = this.contents.get(blob)
    if (content === undefined || content === 'damaged') throw raise.corrupted(`blob ${blob} is damaged`)
    // In two pieces, so that a reader can stand between them.
    const middle = content.byteLength >> 1
    yield content.slice(0, middle)
    yield content.slice(middle)
  }

  async remove(blob: string): Promise<void> {
    this.contents.delete(blob)
  }

  async removeAllBut(named: ReadonlySet<string>): Promise<void> {
    for (const blob of this.contents.keys()) if (!named.has(blob)) this.contents.delete(blob)
  }
}

/** An engine whose writes become durable when the test says so: that makes every order of events reachable. */
export class HeldEngine implements LogEngine {
  readonly backend = 'held'
  readonly capabilities: Capabilities = {
    survives: { accept: 'power-loss', commit: 'power-loss' },
    openBy: 'one-process',
    atomicBatches: true,
    locatesCorruption: true,
    syncReads: true,
    borrowedReads: false,
    limits: { valueBytes: 1_000, batchSlots: 10, batchBytes: 2_000 },
  }
  readonly blobs = new HeldBlobs()
  readonly atOnce: AtOnceWrites | undefined
  readonly held: HeldWrite[] = []
  readonly entries = new Map<number, StoredEntry | 'damaged'>()
  closed = false

  read(slot: number): StoredEntry | 'damaged' {
    return this.entries.get(slot) ?? 'damaged'
  }

  write(effects: readonly Effect[], survives: Survival): Promise<void> {
    return new Promise((resolve, reject) => {
      const succeed = (): void => {
        for (const effect of effects) {
          if (effect.kind === 'accept' || effect.kind === 'decide') this.entries.set(effect.slot, effect)
        }
        resolve()
      }
      this.held.push({ effects, survives, succeed, fail: reject })
    })
  }

  /** Lets the oldest write of a survival become durable. */
  async succeed(survives: Survival = 'power-loss'): Promise<void> {
    const at = this.held.findIndex((write) => write.survives === survives)
    this.held.splice(at, 1)[0]!.succeed()
    await turn()
  }

  async succeedAll(): Promise<void> {
    while (this.held.length > 0) await this.succeed(this.held[0]!.survives)
  }

  async fail(error: Error): Promise<void> {
    this.held.shift()!.fail(error)
    await turn()
  }

  async reclaim(): Promise<void> {}

  async verify() {
    return { slots: 0, bytes: 0, damaged: [] }
  }

  counters() {
    return { flushes: 0, flushedWrites: 0, bytesWritten: 0 }
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

/** What opening a new log finds. */
export const RECOVERY = {
  created: true,
  cleanClose: true,
  decisions: 0,
  accepted: 0,
  tornBytes: 0,
  ambiguous: false,
  damaged: [],
  votesLost: false,
  tookMs: 0,
}

/** Whoever waits for space waits until the test lets it go. */
export const PATIENT: OpenContext = { ...CONTEXT, fullWaitMs: 60_000 }

/** A log over a held engine. */
export async function openHeld(
  asked: Partial<OpenContext> = {},
  ledger = new Ledger(0),
): Promise<{ engine: HeldEngine; log: PersistentLog }> {
  const engine = new HeldEngine()
  const context = { ...PATIENT, ...asked }
  return {
    engine,
    log: await openEngineLog({ engine, firstSlot: ledger.point, ledger, recovery: RECOVERY, context }),
  }
}

/** Lets every continuation that is ready run. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What a promise has come to by now. */
export async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'pending'
  promise.then(
    () => (state = 'resolved'),
    (error: { code?: string; message: string }) => (state = error.code ?? error.message),
  )
  await turn()
  return state
}

/** Ballots of one node. */
export const ballot = (round: number): Ballot => ({ round, nodeId: 1 })

/** A small proposal. */
export const proposal = (slot: number, round: number, text = 'v'): Proposal => ({
  slot,
  ballot: ballot(round),
  value: Buffer.from(text),
})

/** The value of an entry as text. */
export const textOf = (entry: { readonly value: Uint8Array } | undefined): string | undefined =>
  entry && Buffer.from(entry.value).toString()
