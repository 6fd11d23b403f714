import type { Damage } from '../../contract/reports.js'
import type { Slot, SlotRange } from '../../contract/slot.js'
import { isPersistentLogError } from '../../errors/index.js'
import type { Ledger } from '../engine/ledger.js'
import type { EngineVerification, LogEngine } from '../engine/log-engine.js'
import { SlotRanges } from '../engine/slot-ranges.js'
import { isBlock } from './block-record.js'
import { MOST_BLOCK_SLOTS, parseKey, rangeOfKind, slotKey, type KeyRange } from './key-layout.js'
import type { OrderedStore, StorePair } from './ordered-store.js'
import type { RecordCodec } from './record-codec.js'
import { decodeSlotRecord } from './slot-record.js'
import { pagesOf } from './store-paging.js'

/** What a verification reads, and how it looks at the books. */
export interface VerificationParts {
  readonly store: OrderedStore
  readonly codec: RecordCodec
  /** The engine's own; it runs ahead of the store by the group under way, so that it is read in `settled` only. */
  readonly ledger: Ledger
  /** Its `read` verifies what it returns, whatever was read before. */
  readonly engine: Pick<LogEngine, 'read' | 'blobs'>
  /** What `look` sees while books and store agree; `undefined` when they never will again (a failed write). */
  readonly settled: <T>(look: () => T) => Promise<T | undefined>
  readonly signal: AbortSignal | undefined
}

/**
 * Reads every record and chunk beside writers. What is found bad or missing is looked at once more while the books and
 * the store agree, since a writer may have replaced or removed it meanwhile. After a failed write the books promise
 * too much: then only unreadable records count, and missing ones do not.
 */
export async function verifyStore(parts: VerificationParts): Promise<EngineVerification> {
  const { ledger, engine, settled } = parts
  const held = await settled(() => [...ledger.decided.ranges(), ...ledger.accepted.ranges()])
  const found = await readSlots(parts, ledger.point)
  const suspects = held ? slotsMissing(held, found.readable) : found.unreadable
  const confirm = (): SlotRanges => {
    const damaged = new SlotRanges()
    for (const slot of suspects) {
      const isHeld = ledger.decided.has(slot) || ledger.accepted.has(slot)
      if (isHeld && engine.read(slot) === 'damaged') damaged.add(slot, slot + 1)
    }
    return damaged
  }
  const slots = (await settled(confirm)) ?? confirm()
  const sides = await verifySideRecords(parts)
  const blobs = await verifyBlobs(parts)
  const report = (ranges: Iterable<SlotRange>, reason: string): Damage[] =>
    [...ranges].map((range) => ({ reason, slots: range }))
  return {
    slots: found.slots,
    bytes: found.bytes + sides.bytes + blobs.bytes,
    damaged: [
      ...report(slots.ranges(), 'a record is missing or fails its checksum'),
      ...found.damaged,
      ...sides.damaged,
      ...blobs.damaged,
    ],
  }
}

/** The slots of the ranges that are not in the set. */
function slotsMissing(held: readonly SlotRange[], readable: SlotRanges): Slot[] {
  const missing: Slot[] = []
  for (const { from, to } of held) {
    let slot = readable.firstMissingFrom(from)
    for (; slot < to; slot = readable.firstMissingFrom(slot + 1)) missing.push(slot)
  }
  return missing
}

async function readSlots(parts: VerificationParts, point: Slot) {
  const { codec } = parts
  const found = { bytes: 0, readable: new SlotRanges(), unreadable: [] as Slot[] }
  // A block may begin below the point and reach above it.
  const range = { from: slotKey(Math.max(0, point - MOST_BLOCK_SLOTS)), to: rangeOfKind('slot').to }
  const damaged = await lookAtAll(parts, range, ({ key, value }) => {
    const parsed = parseKey(key)
    if (parsed.kind !== 'slot' && parsed.kind !== 'block') return
    const first = parsed.slot
    const slots = parsed.kind === 'block' ? parsed.slots : 1
    const from = Math.max(first, point)
    const to = first + slots
    if (from >= to) return
    found.bytes += key.byteLength + value.byteLength
    const isIntact =
      parsed.kind === 'slot'
        ? decodeSlotRecord(codec, first, value) !== undefined
        : codec.isIntact(key, value) && isBlock(value, { first, slots })
    if (isIntact) found.readable.add(from, to)
    else for (let slot = from; slot < to; slot++) found.unreadable.push(slot)
  })
  const unreadable = found.unreadable.filter((slot) => !found.readable.has(slot))
  return { ...found, unreadable, slots: found.readable.count + unreadable.length, damaged }
}

/** Shows each pair of a range; returns what the engine has instead of the rest. */
async function lookAtAll(
  { store, signal }: VerificationParts,
  range: KeyRange,
  look: (pair: StorePair) => void,
): Promise<Damage[]> {
  try {
    for await (const page of pagesOf(store, range)) {
      signal?.throwIfAborted()
      for (const pair of page) look(pair)
    }
    return []
  } catch (error) {
    if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
    return [{ reason: error.message }]
  }
}

/** What one part of a verification read and found. */
interface PartlyVerified {
  readonly bytes: number
  readonly damaged: readonly Damage[]
}

/** The meta record, configurations, headers of checkpoints, notes of damage: small, and written whole. */
async function verifySideRecords(parts: VerificationParts): Promise<PartlyVerified> {
  const damaged: Damage[] = []
  let bytes = 0
  for (const kind of ['meta', 'configuration', 'checkpoint', 'damage'] as const) {
    const unseen = await lookAtAll(parts, rangeOfKind(kind), ({ key, value }) => {
      bytes += key.byteLength + value.byteLength
      if (!parts.codec.open(key, value)) damaged.push({ reason: `a ${kind} record fails its checksum` })
    })
    damaged.push(...unseen)
  }
  return { bytes, damaged }
}

async function verifyBlobs({ ledger, engine, settled, signal }: VerificationParts): Promise<PartlyVerified> {
  const damaged: Damage[] = []
  let bytes = 0
  const checkpoints = (await settled(() => [...ledger.checkpoints])) ?? []
  for (const { slot, blob } of checkpoints) {
    try {
      for await (const chunk of engine.blobs.read(blob)) {
        signal?.throwIfAborted()
        bytes += chunk.byteLength
      }
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
      const isNamed = ledger.checkpoints.some((checkpoint) => checkpoint.blob === blob)
      if (isNamed) damaged.push({ reason: `the checkpoint at slot ${slot} is damaged: ${error.message}` })
    }
  }
  return { bytes, damaged }
}
