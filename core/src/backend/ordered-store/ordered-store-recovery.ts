import type { Damage } from '../../contract/reports.js'
import type { Slot, SlotRange } from '../../contract/slot.js'
import type { SlotRanges } from '../engine/slot-ranges.js'
import { ChecksumTally } from './checksum-tally.js'
import { judgeCompleteness, missingFrom, type SlotDamage } from './completeness.js'
import { damageKey, META_KEY, slotKey } from './key-layout.js'
import { encodeMeta, type Meta } from './meta-record.js'
import type { OrderedStore, StoreOperation } from './ordered-store.js'
import type { RecordCodec } from './record-codec.js'
import { encodeDamage } from './side-records.js'
import { readValue } from './store-paging.js'
import { StoreScan } from './store-scan.js'
import type { StoreState } from './store-state.js'

/** What recovery made of a store. */
export interface RecoveredStore {
  readonly state: StoreState
  /** The store is empty, as a new one may be. */
  readonly isNew: boolean
  /** Everything that is wrong; a strict open refuses when there is anything. */
  readonly damaged: readonly Damage[]
  /** Records below the point that are still there. */
  readonly belowPoint: SlotRanges
  /** Blocks are there that end below it. */
  readonly sweepBelowPoint: boolean
  /** Writes down what a salvage found, so that the next open finds the same; absent when it does already. */
  readonly salvage?: readonly StoreOperation[] | undefined
}

/** How a store is to be read. */
export interface RecoveryOptions {
  readonly store: OrderedStore
  readonly codec: RecordCodec
  readonly firstSlot: Slot
  /** True when the store may be empty, because nothing was confirmed to anybody yet. */
  readonly created: boolean
  /**
   * What was found before the store was opened. Records behind it may be gone without a trace, so that votes count as lost
   * and proposals as damaged.
   */
  readonly damagedBefore: readonly Damage[]
}

/** Reads and verifies every record, proves that none is missing, and builds the state. Changes nothing. */
export async function recoverStore(options: RecoveryOptions): Promise<RecoveredStore> {
  const { store, codec, firstSlot, created, damagedBefore } = options
  const scan = await StoreScan.over(store, codec, readValue(store, META_KEY), firstSlot)
  const { state } = scan
  const isNew = scan.isEmpty && created
  const meta = currentMeta(scan)
  const damaged: Damage[] = [...damagedBefore, ...scan.damaged, ...applyDamageNotes(scan)]
  const news = meta ? compareWith(scan, meta) : isNew ? NO_NEWS : rebuild(scan)
  damaged.push(...news.damaged)
  if (damagedBefore.length > 0) damaged.push(...giveUpProposals(scan))
  const votesLost = news.votesLost || damagedBefore.length > 0
  if (votesLost) state.ledger.votesLost = true
  // Then all configurations are there: what looks like another one is none.
  if (!state.ledger.votesLost) scan.unknownKeys.push(...state.unreadableConfigurations.splice(0))
  const stale = scan.unknownKeys.length + scan.unreadableDamageNotes.length + scan.strayOperations.length
  const changed = news.damaged.length > 0 || votesLost || stale > 0
  return {
    state,
    isNew,
    damaged,
    belowPoint: scan.slots.belowPoint,
    sweepBelowPoint: scan.slots.hasBlocksBelowPoint,
    salvage: changed ? salvageOperations(scan, codec) : undefined,
  }
}

/** The meta record, unless it is damaged, missing, or older than some record. */
function currentMeta({ meta, slots }: StoreScan): Meta | undefined {
  return meta === undefined || meta === 'damaged' || meta.sequence < slots.newestSequence ? undefined : meta
}

/** Slots that an earlier salvage gave up, but for those that were decided since. */
function applyDamageNotes(scan: StoreScan): SlotDamage[] {
  const { ledger } = scan.state
  const still: SlotDamage[] = []
  for (const [from, to] of scan.state.damageNotes) {
    const range = { from: Math.max(from, ledger.point), to }
    const left = missingFrom([ledger.decided], range)
    for (const slots of [...left.ranges()]) {
      still.push({ reason: 'noted as damaged by an earlier open', slots })
      giveUp(scan, slots)
    }
  }
  return still
}

function giveUp(scan: StoreScan, slots: SlotRange): void {
  scan.state.forgetAccepted(slots)
  scan.state.ledger.addDamage(slots)
  scan.slots.unreadable.remove(slots.from, slots.to)
}

/**
 * Records may be gone without a trace, so that an older version of their slot may be back. A decision has no older version;
 * no proposal can be vouched for, and one that was replaced, or decided since, must not be shown again.
 */
function giveUpProposals(scan: StoreScan): SlotDamage[] {
  const proposals = [...scan.state.ledger.accepted.ranges()]
  for (const slots of proposals) giveUp(scan, slots)
  return proposals.map((slots) => ({ reason: 'newer records of these proposals may be lost', slots }))
}

/** Records that say nothing about any slot; a salvage deletes them. */
function drop(scan: StoreScan, slots: SlotRange): void {
  scan.state.forgetAccepted(slots)
  scan.state.ledger.removeAccepted(slots.from, slots.to)
  scan.state.ledger.decided.remove(slots.from, slots.to)
  scan.dropped.add(slots.from, slots.to)
}

/** What the last owner did not know yet. */
interface News {
  readonly damaged: readonly Damage[]
  readonly votesLost: boolean
}

const NO_NEWS: News = { damaged: [], votesLost: false }

/** Holds what was found against the meta record, and takes over what only that knows. */
function compareWith(scan: StoreScan, meta: Meta): News {
  const { state } = scan
  const { ledger } = state
  ledger.promised = meta.promised
  ledger.compactedBallot = meta.compactedBallot
  ledger.votesLost = meta.votesLost
  state.sequence = meta.sequence
  state.nextBlob = meta.nextBlob
  const complete = judgeCompleteness(meta, {
    decided: ledger.decided,
    accepted: ledger.accepted,
    acceptedTally: ({ from, to }) => {
      const tally = new ChecksumTally<Slot>()
      for (const [slot, checksum] of state.accepted.entries()) {
        if (slot >= from && slot < to) tally.set(slot, checksum)
      }
      return tally.tally
    },
    unreadable: scan.slots.unreadable,
    misplaced: scan.slots.misplaced,
    known: ledger.damaged,
    knownIsWhole: state.damage.matches(meta.damage),
  })
  const damaged: Damage[] = [...complete.damaged]
  for (const { slots } of complete.damaged) giveUp(scan, slots)
  for (const { from, to } of complete.unexpected) {
    damaged.push({
      reason: `records behind the end of the log at ${meta.nextSlot}, the first for slot ${from}`,
    })
    drop(scan, { from, to })
  }
  if (!state.damage.matches(meta.damage)) damaged.push({ reason: 'a note of damaged slots is missing' })
  if (!state.checkpoints.matches(meta.checkpoints)) {
    damaged.push({ reason: 'the header of a checkpoint is missing or old' })
  }
  // A configuration may hold a vote (Raft's hard state), so that a lost one counts as a lost vote.
  const sameConfigurations = state.configurations.matches(meta.configurations)
  if (!sameConfigurations) damaged.push({ reason: 'a configuration record is missing or old' })
  return { damaged, votesLost: complete.votesLost || !sameConfigurations }
}

/** Without a meta record nobody can tell what is missing: every empty slot may be, and so may votes. */
function rebuild(scan: StoreScan): News {
  const { state, meta } = scan
  const { ledger } = state
  for (const slots of [...scan.slots.unreadable.ranges()]) giveUp(scan, slots)
  const range = { from: ledger.point, to: ledger.nextSlot }
  for (const slots of missingFrom([ledger.decided, ledger.accepted], range).ranges()) ledger.addDamage(slots)
  if (typeof meta === 'object') {
    ledger.promised = meta.promised
    ledger.compactedBallot = meta.compactedBallot
  }
  state.sequence = scan.slots.newestSequence
  const why =
    meta === undefined ? 'is missing' : meta === 'damaged' ? 'fails its checksum' : 'is an old version'
  const holes = [...ledger.damaged.ranges()].map((slots) => ({
    reason: 'nobody can tell what was here',
    slots,
  }))
  return { damaged: [{ reason: `the meta record ${why}` }, ...holes], votesLost: true }
}

/** The damage as notes of their own, and a meta record that fits what is left. */
function salvageOperations(scan: StoreScan, codec: RecordCodec): StoreOperation[] {
  const { state } = scan
  const stale = [...state.damage.names(), ...scan.unreadableDamageNotes]
  const operations: StoreOperation[] = [
    ...scan.strayOperations,
    ...scan.unknownKeys.map((key) => ({ key })),
    ...stale.map((from) => ({ key: damageKey(from) })),
  ]
  for (const from of stale) state.damage.delete(from)
  state.damageNotes.clear()
  for (const { from, to } of scan.dropped.ranges()) {
    for (let slot = from; slot < to; slot++) operations.push({ key: slotKey(slot) })
  }
  for (const range of state.ledger.damaged.ranges()) {
    const { key, value, checksum } = encodeDamage(codec, range)
    operations.push({ key, value })
    state.damage.set(range.from, checksum)
    state.damageNotes.set(range.from, range.to)
  }
  state.sequence++
  operations.push(encodeMeta(codec, state.meta()))
  return operations
}
