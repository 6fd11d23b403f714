import type { Effect, LogEngine, StoredEntry } from '../../src/backend/index.js'
import { defineBackend, fields, integer, Ledger, openEngineLog, v } from '../../src/backend/index.js'
import type { Limits, OpenContext, PersistentLog } from '../../src/contract/index.js'
import { raise } from '../../src/errors/index.js'
import { CONTEXT } from './context.js'

const LIMITS: Limits = { valueBytes: 4_096, batchSlots: 64, batchBytes: 65_536, uncommittedBytes: 262_144 }

/** A small engine that keeps everything in memory, and whose bytes a test may damage. */
export class MemoryEngine implements LogEngine {
  readonly backend = 'small'
  readonly capabilities = {
    survives: { accept: 'nothing', commit: 'nothing' },
    openBy: 'one-process',
    atomicBatches: true,
    locatesCorruption: true,
    syncReads: true,
    borrowedReads: false,
    limits: LIMITS,
  } as const
  readonly entries = new Map<number, StoredEntry>()
  readonly content = new Map<string, Uint8Array[]>()
  /** Blobs that are damaged from a chunk on. */
  readonly damagedFrom = new Map<string, number>()
  /** What reading a blob ends with when all of it was read, as a file that cannot be closed. */
  failureBehind: Error | undefined
  #names = 0

  readonly blobs = {
    create: () => {
      const blob = `blob-${this.#names++}`
      const chunks: Uint8Array[] = []
      return {
        blob,
        write: async (chunk: Uint8Array) => void chunks.push(Uint8Array.from(chunk)),
        finish: async () => void this.content.set(blob, chunks),
        abort: async () => {},
      }
    },
    read: (blob: string) => this.#read(blob),
    remove: async (blob: string) => void this.content.delete(blob),
    removeAllBut: async (named: ReadonlySet<string>) => {
      for (const blob of this.content.keys()) if (!named.has(blob)) this.content.delete(blob)
    },
  }

  async *#read(blob: string): AsyncGenerator<Uint8Array> {
    for (const [index, chunk] of (this.content.get(blob) ?? []).entries()) {
      if (index >= (this.damagedFrom.get(blob) ?? Infinity)) throw raise.corrupted(`${blob}: chunk ${index}`)
      yield Uint8Array.from(chunk)
    }
    if (this.failureBehind) throw this.failureBehind
  }

  read(slot: number): StoredEntry | 'damaged' {
    const entry = this.entries.get(slot)
    if (!entry) return 'damaged'
    const { ballot, value, proof } = entry
    return { ballot, value: Uint8Array.from(value), proof: proof && Uint8Array.from(proof) }
  }

  async write(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      if (effect.kind === 'accept' || effect.kind === 'decide') this.entries.set(effect.slot, effect)
    }
  }

  async reclaim(): Promise<void> {}

  async verify() {
    return { slots: this.entries.size, bytes: 0, damaged: [] }
  }

  counters() {
    return { flushes: 0, flushedWrites: 0, bytesWritten: 0 }
  }

  async close(): Promise<void> {}
}

const NOTHING_FOUND = {
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

/** A log over a memory engine, and the engine. */
export async function openMemory(
  asked: Partial<OpenContext> = {},
  ledger = new Ledger(asked.firstSlot ?? 0),
  engine = new MemoryEngine(),
): Promise<{ engine: MemoryEngine; log: PersistentLog }> {
  const context = { ...CONTEXT, ...asked }
  return {
    engine,
    log: await openEngineLog({ engine, firstSlot: ledger.point, ledger, recovery: NOTHING_FOUND, context }),
  }
}

/** The same as a backend, with every log that it opened. */
export function memoryBackend(name = 'small', opened: PersistentLog[] = []) {
  return defineBackend({
    name,
    summary: `keeps everything in memory, as ${name}`,
    needsDirectory: false,
    options: fields({ depth: v.optional(integer(1, 100), 1) }),
    open: async (context) => {
      const { log } = await openMemory(context)
      opened.push(log)
      return log
    },
  })
}
