import type { OpenContext } from '../../contract/backend.js'
import type { Capabilities, Limits } from '../../contract/capabilities.js'
import type { DurabilityConfig, PersistentLog } from '../../contract/persistent-log.js'
import type { Damage } from '../../contract/reports.js'
import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import { openEngineLog } from '../engine/engine-log.js'
import { Ledger } from '../engine/ledger.js'
import { durabilityOf } from '../engine/log-parts.js'
import { engineFailure } from './engine-failure.js'
import { LendingStore } from './lending-store.js'
import { encodeMeta } from './meta-record.js'
import { OrderedStoreEngine } from './ordered-store-engine.js'
import { recoverStore } from './ordered-store-recovery.js'
import type { OrderedStore, StoreOperation } from './ordered-store.js'
import { RecordCodec } from './record-codec.js'
import { SLOT_RECORD_HEADER_BYTES } from './slot-record-header.js'
import { blobNumbers } from './store-blobs.js'
import { checkAnswers, checkOrderedStore } from './store-shape.js'
import { StoreState } from './store-state.js'

/** Limits of a log over an ordered store, where neither the store nor the user sets lower ones. */
const DEFAULT_LIMITS: Limits = {
  valueBytes: 16 * 1024 * 1024,
  batchSlots: 65_536,
  batchBytes: 256 * 1024 * 1024,
}

/** Room for a chunk of a checkpoint, and for the header of one with the longest metadata. */
const LEAST_STORE_VALUE_BYTES = 128 * 1024

/** What it takes to open a log over an ordered store. */
export interface OrderedStoreLogOptions {
  /** Opened and locked. From the call on it belongs to the log, also when opening fails. */
  readonly store: OrderedStore
  /** The name of the backend. */
  readonly backend: string
  /** Random bytes that no other log has; part of every checksum, so that a foreign record is noticed. */
  readonly logId: Uint8Array
  readonly context: OpenContext
  /** The first slot of the stored log, where that may differ from the one that the user asks for now. */
  readonly firstSlot?: Slot | undefined
  /** True when the store may be empty, because nothing was confirmed to anybody yet. */
  readonly created: boolean
  /** The last owner closed the log. */
  readonly cleanClose: boolean
  /**
   * What checks of the engine's own files found before it was opened. Records behind it may be gone, so that a salvage counts
   * votes as lost and every proposal as damaged: an older version of it may be back.
   */
  readonly damaged?: readonly Damage[] | undefined
  /**
   * An unfinished write at the end of the engine's own log, which it dropped; ambiguous when it may have been
   * acknowledged.
   */
  readonly torn?: { readonly bytes: number; readonly ambiguous: boolean } | undefined
  /** Lower limits than the usual ones. */
  readonly limits?: Partial<Limits> | undefined
  /** Releases what the backend holds beside the store; runs after the store is closed, whatever happens. */
  readonly onClose?: (() => Promise<void>) | undefined
}

/**
 * A whole `PersistentLog` over any ordered key-value engine: reads and verifies every record, proves that none is
 * missing, finishes what a crash left half done, and puts the contract on top.
 */
export async function openOrderedStoreLog(options: OrderedStoreLogOptions): Promise<PersistentLog> {
  const startedAt = performance.now()
  const { engine, recovered } = await openEngine(options)
  const { ledger } = recovered.state
  return openEngineLog({
    engine,
    firstSlot: options.firstSlot ?? options.context.firstSlot,
    ledger,
    context: options.context,
    recovery: {
      created: options.created,
      cleanClose: options.cleanClose,
      decisions: ledger.decided.count,
      accepted: ledger.accepted.count,
      tornBytes: options.torn?.bytes ?? 0,
      ambiguous: options.torn?.ambiguous ?? false,
      damaged: recovered.damaged,
      votesLost: ledger.votesLost,
      tookMs: performance.now() - startedAt,
    },
  })
}

/**
 * Writes the first record of a new log into an empty store. A backend whose directory is created in steps does so before
 * the last of them: from then on an empty store is a lost one. More `durability` than the store offers is
 * `PLOG_UNSUPPORTED` here already: a log that was refused is not there, and the next try decides how it begins.
 */
export async function initialiseOrderedStore(
  store: OrderedStore,
  {
    logId,
    firstSlot,
    durability = {},
  }: {
    readonly logId: Uint8Array
    readonly firstSlot: Slot
    readonly durability?: DurabilityConfig | undefined
  },
): Promise<void> {
  checkOrderedStore(store)
  checkAnswers(store)
  durabilityOf(durability, survivesOf(store))
  await writeMeta(store, new RecordCodec(logId), new StoreState(new Ledger(firstSlot)))
}

async function openEngine(options: OrderedStoreLogOptions) {
  const { backend, context, created, onClose } = options
  let store = options.store
  let release = async (): Promise<void> => {
    try {
      await store.close()
    } finally {
      await onClose?.()
    }
  }
  try {
    checkOrderedStore(store)
    if (store.borrow) store = new LendingStore(store)
    const capabilities = capabilitiesOf(options)
    checkAnswers(store)
    const codec = new RecordCodec(options.logId)
    const { firstSlot = context.firstSlot, damaged = [] } = options
    const recovered = await recoverStore({ store, codec, firstSlot, created, damagedBefore: damaged })
    if (context.recovery === 'strict') refuseDamage(recovered.damaged)
    const { state, belowPoint, sweepBelowPoint } = recovered
    if (recovered.salvage) await write(store, recovered.salvage)
    else if (recovered.isNew) await writeMeta(store, codec, state)
    const parts = { backend, capabilities, store, codec, state, belowPoint, sweepBelowPoint, onClose }
    const engine = new OrderedStoreEngine(parts)
    release = () => engine.close()
    for await (const blob of blobNumbers(store)) state.nextBlob = Math.max(state.nextBlob, blob + 1)
    await engine.reclaim()
    return { engine, recovered }
  } catch (error) {
    // The first failure is the one to tell.
    await release().catch(() => undefined)
    throw error
  }
}

function refuseDamage(damaged: readonly Damage[]): void {
  const [first] = damaged
  if (!first) return
  const { file, offset } = damaged.find((one) => one.file !== undefined) ?? first
  const slots = damaged.find((one) => one.slots !== undefined)?.slots
  const where = slots ? `slots ${slots.from} to ${slots.to} (exclusive): ` : ''
  const more = damaged.length > 1 ? `, and ${damaged.length - 1} more` : ''
  throw raise.corrupted(`${where}${first.reason}${more}; recovery 'salvage' opens what is intact`, {
    operation: 'open',
    file,
    offset,
    slots,
  })
}

async function writeMeta(store: OrderedStore, codec: RecordCodec, state: StoreState): Promise<void> {
  const { key, value } = encodeMeta(codec, state.meta())
  await write(store, [{ key, value }])
}

async function write(store: OrderedStore, operations: readonly StoreOperation[]): Promise<void> {
  try {
    await store.write(operations)
  } catch (cause) {
    throw engineFailure('open', cause)
  }
}

const survivesOf = ({ survives }: OrderedStore): Capabilities['survives'] => ({
  accept: survives,
  commit: survives,
})

function capabilitiesOf({ store, backend, limits = {} }: OrderedStoreLogOptions): Capabilities {
  if (store.maxValueBytes < LEAST_STORE_VALUE_BYTES) {
    throw raise.unsupported('open', `${backend} holds ${store.maxValueBytes} bytes per key`, {
      limit: LEAST_STORE_VALUE_BYTES,
      value: store.maxValueBytes,
    })
  }
  // A record holds a value and a proof of the full length each.
  const fitting = Math.floor((store.maxValueBytes - SLOT_RECORD_HEADER_BYTES) / 2)
  const valueBytes = Math.min(fitting, limits.valueBytes ?? DEFAULT_LIMITS.valueBytes)
  return {
    survives: survivesOf(store),
    openBy: store.openBy,
    atomicBatches: true,
    locatesCorruption: true,
    syncReads: true,
    borrowedReads: store.borrow !== undefined,
    limits: { ...DEFAULT_LIMITS, ...limits, valueBytes },
  }
}
