import type { Effect, EffectOf } from '../engine/effect.js'
import { checkpointKey, damageKey, slotKey } from './key-layout.js'
import type { StoreOperation } from './ordered-store.js'
import type { RecordCodec } from './record-codec.js'
import { encodeCheckpoint, encodeConfiguration } from './side-records.js'
import { encodeSlotRecord, type SealedRecord } from './slot-record.js'
import type { StoreState } from './store-state.js'

/** Enters an effect into the books and says which keys it changes. What lives in the meta record alone changes none. */
export function operationsOf(effect: Effect, state: StoreState, codec: RecordCodec): StoreOperation[] {
  const operations = keysOf(effect, state, codec)
  state.ledger.apply(effect)
  return operations
}

/** Sees the books as they are before the effect. */
function keysOf(effect: Effect, state: StoreState, codec: RecordCodec): StoreOperation[] {
  switch (effect.kind) {
    case 'accept':
    case 'decide':
      return putSlot(effect, state, codec)
    case 'discard':
      return discardSlots(effect, state)
    case 'compact':
      state.forgetAccepted({ from: 0, to: effect.before })
      return dropDamageNotes(effect, state)
    case 'configure': {
      const record = encodeConfiguration(codec, effect.name, effect)
      state.configurations.set(effect.name, record.checksum)
      return [put(record)]
    }
    case 'checkpoint':
      return putCheckpoint(effect, state, codec)
    case 'drop-checkpoint':
      state.checkpoints.delete(Number(effect.blob))
      return [{ key: checkpointKey(Number(effect.blob)) }]
    case 'promise':
    case 'accept-lost-votes':
      return []
  }
}

const put = ({ key, value }: SealedRecord): StoreOperation => ({ key, value })

function putSlot(
  effect: EffectOf<'accept'> | EffectOf<'decide'>,
  state: StoreState,
  codec: RecordCodec,
): StoreOperation[] {
  const { slot } = effect
  if (slot < state.ledger.point) return []
  const decided = effect.kind === 'decide'
  const record = encodeSlotRecord(codec, effect, { decided, sequence: state.sequence })
  if (decided) state.accepted.delete(slot)
  else state.accepted.set(slot, record.checksum)
  return [put(record)]
}

function discardSlots({ from, to }: EffectOf<'discard'>, state: StoreState): StoreOperation[] {
  const operations: StoreOperation[] = []
  for (const range of state.ledger.accepted.ranges(from, to)) {
    for (let slot = range.from; slot < range.to; slot++) operations.push({ key: slotKey(slot) })
  }
  state.forgetAccepted({ from, to })
  return operations
}

/** Notes of damage that lies below the point whole say nothing any more. */
function dropDamageNotes({ before }: EffectOf<'compact'>, state: StoreState): StoreOperation[] {
  const operations: StoreOperation[] = []
  for (const [from, to] of state.damageNotes) {
    if (to > before) continue
    state.damageNotes.delete(from)
    state.damage.delete(from)
    operations.push({ key: damageKey(from) })
  }
  return operations
}

/** A new checkpoint makes those that cannot be read any more superfluous. */
function putCheckpoint(
  { checkpoint }: EffectOf<'checkpoint'>,
  state: StoreState,
  codec: RecordCodec,
): StoreOperation[] {
  const record = encodeCheckpoint(codec, checkpoint)
  state.checkpoints.set(Number(checkpoint.blob), record.checksum)
  const unreadable = state.unreadableCheckpoints.splice(0)
  return [put(record), ...unreadable.map((blob) => ({ key: checkpointKey(blob) }))]
}
