import type { Effect, EffectOf } from '../engine/effect.js'
import type { BlockPacker } from './block-packer.js'
import { blockKey, checkpointKey, damageKey, slotKey } from './key-layout.js'
import type { RecordCodec } from './record-codec.js'
import { encodeCheckpoint, encodeConfiguration } from './side-records.js'
import { SlotRecordToWrite } from './slot-record.js'
import type { StoreBatch } from './store-batch.js'
import type { StoreState } from './store-state.js'

/** What a batch is made of: the books, and the codec that seals. Decisions are in the packer before they are in the batch. */
export interface BatchParts {
  readonly batch: StoreBatch
  readonly packer: BlockPacker
  readonly state: StoreState
  readonly codec: RecordCodec
}

/**
 * Enters the effects of one write into the books and adds what they change to the batch. What lives in the meta record
 * alone changes no other key.
 */
export function addOperations(parts: BatchParts, effects: readonly Effect[]): void {
  const { state } = parts
  let entered = 0
  for (let at = 0; at < effects.length; at++) {
    const effect = effects[at]!
    if (effect.kind !== 'accept' && effect.kind !== 'decide') {
      state.ledger.applyAll(effects, entered, at)
      entered = at
    }
    addKeys(parts, effect)
  }
  state.ledger.applyAll(effects, entered)
}

/** Sees the books as they are before the effect; for that of a slot they may be behind, but for the point. */
function addKeys(parts: BatchParts, effect: Effect): void {
  const { batch, state, codec } = parts
  switch (effect.kind) {
    case 'accept':
    case 'decide':
      return putSlot(parts, effect)
    case 'discard':
      return discardSlots(batch, effect, state)
    case 'compact':
      state.forgetAccepted({ from: 0, to: effect.before })
      return dropDamageNotes(batch, effect, state)
    case 'configure': {
      const record = encodeConfiguration(codec, effect.name, effect)
      state.configurations.set(effect.name, record.checksum)
      batch.add(record)
      return
    }
    case 'checkpoint':
      return putCheckpoint(batch, effect, state, codec)
    case 'drop-checkpoint':
      state.checkpoints.delete(Number(effect.blob))
      batch.add({ key: checkpointKey(Number(effect.blob)) })
      return
    case 'accept-lost-votes':
      // One of them may have held a vote: until now each open told of it.
      for (const key of state.unreadableConfigurations.splice(0)) batch.add({ key })
      return
    case 'promise':
      return
  }
}

function putSlot(parts: BatchParts, effect: EffectOf<'accept'> | EffectOf<'decide'>): void {
  const { batch, packer, state, codec } = parts
  const { slot } = effect
  if (slot < state.ledger.point) return
  const decided = effect.kind === 'decide'
  if (decided && packer.take(effect)) return
  const record = new SlotRecordToWrite(codec, effect, { decided, sequence: state.sequence })
  if (decided) state.accepted.delete(slot)
  else state.accepted.set(slot, record.checksum)
  batch.addSized(record, record.bytes)
  const useless = state.packed.giveOwnRecord(slot, state.ledger.point)
  if (useless) batch.add({ key: blockKey(useless.first, useless.slots) })
}

function discardSlots(batch: StoreBatch, { from, to }: EffectOf<'discard'>, state: StoreState): void {
  for (const range of state.ledger.accepted.ranges(from, to)) {
    for (let slot = range.from; slot < range.to; slot++) batch.add({ key: slotKey(slot) })
  }
  state.forgetAccepted({ from, to })
}

/** Notes of damage that lies below the point whole say nothing any more. */
function dropDamageNotes(batch: StoreBatch, { before }: EffectOf<'compact'>, state: StoreState): void {
  for (const [from, to] of state.damageNotes) {
    if (to > before) continue
    state.damageNotes.delete(from)
    state.damage.delete(from)
    batch.add({ key: damageKey(from) })
  }
}

/** A new checkpoint makes those that cannot be read any more superfluous. */
function putCheckpoint(
  batch: StoreBatch,
  { checkpoint }: EffectOf<'checkpoint'>,
  state: StoreState,
  codec: RecordCodec,
): void {
  // Before the record is put: a number that went bad may be the one that the new checkpoint has got.
  for (const blob of state.unreadableCheckpoints.splice(0)) batch.add({ key: checkpointKey(blob) })
  const record = encodeCheckpoint(codec, checkpoint)
  state.checkpoints.set(Number(checkpoint.blob), record.checksum)
  batch.add(record)
}
