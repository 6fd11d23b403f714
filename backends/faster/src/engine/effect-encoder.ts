import { raise, type EffectOf, type Ledger } from '@persistent-log/core/backend'
import { isDecided, isInRegion, NOWHERE, placeOf, tailAddress, type Address } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { RingBuffer } from '../ring/ring-buffer.js'
import type { GroupBuilder } from '../segments/group-builder.js'
import { markWord, RECORD, type StoredRecord } from '../segments/record.js'
import type { Tail } from '../segments/tail.js'
import type { PendingSlots } from './pending-slots.js'
import { fieldsOf, restatement } from './record-fields.js'
import type { PendingWrite, RelocationSource, StoredEffect } from './stored-effect.js'

/** Reads an entry of the mutable region. */
export type ReadRegionEntry = (offset: number) => StoredRecord | undefined

/** What effects are encoded against. */
export interface EncoderParts {
  readonly tail: Tail
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly readRegion: ReadRegionEntry
  /** Everything but the slots, as of the last encoded effect. */
  readonly state: Ledger
}

/**
 * Turns effects into records, in the order of the calls, at the moment when their place in the tail is known. Each
 * effect sees everything that was encoded before it, resolved or not.
 */
export class EffectEncoder {
  readonly #parts: EncoderParts
  /** Checksums of accepts in the group that is being built: they cannot be read back yet. */
  readonly #unwritten = new Map<number, number>()
  /** Accepts below power-loss may be acknowledged. */
  #weak = false

  constructor(parts: EncoderParts) {
    this.#parts = parts
  }

  get state(): Ledger {
    return this.#parts.state
  }

  encode(write: PendingWrite, builder: GroupBuilder): void {
    for (const effect of write.effects) this.#encode(effect, write, builder)
  }

  /** The group is in the file: its records can be read back. */
  wasAppended(): void {
    this.#unwritten.clear()
  }

  #encode(effect: StoredEffect, write: PendingWrite, builder: GroupBuilder): void {
    const { pending, state } = this.#parts
    switch (effect.kind) {
      case 'accept': {
        const { position, checksum } = builder.add(fieldsOf(effect))
        this.#unwritten.set(position, checksum)
        this.#place(write, effect.slot, tailAddress(position, false), true)
        return
      }
      case 'decide':
        return this.#decide(effect, write, builder)
      case 'discard':
        builder.add(fieldsOf(effect))
        for (const slot of this.#undecidedIn(effect.from, effect.to)) {
          pending.hold(write, slot)
          this.#place(write, slot, NOWHERE, false)
        }
        return
      case 'relocate':
        return this.#relocate(effect.slot, effect.from, write, builder)
      case 'evict':
        return effect.chunk.copyTo(builder, state.point)
      case 'commit-held':
        for (const slot of write.held) this.#decideHeld(slot, effect.ring, write, builder)
        return
      case 'restate':
        for (const fields of restatement(state, this.#weak)) builder.add(fields)
        return
      case 'compact':
        write.point = Math.max(write.point ?? 0, effect.before)
        state.apply(effect)
        break
      case 'votes-lost':
        state.votesLost = true
        break
      case 'weak-begin':
      case 'weak-end':
        this.#weak = effect.kind === 'weak-begin'
        break
      case 'retire':
      case 'close':
        break
      case 'promise':
      case 'configure':
      case 'checkpoint':
      case 'drop-checkpoint':
      case 'accept-lost-votes':
        state.apply(effect)
        break
    }
    builder.add(fieldsOf(effect))
  }

  /**
   * The commit of a proposal that is in the tail is a mark on it. Where the proposal is in the mutable region only, or is
   * not readable any more, the whole decision is written: survival never sinks.
   */
  #decide(effect: EffectOf<'decide'>, write: PendingWrite, builder: GroupBuilder): void {
    const { tail } = this.#parts
    const { slot, ballot } = effect
    const address = this.#newest(slot)
    if (effect.matchesAccepted && address !== NOWHERE && !isInRegion(address) && !isDecided(address)) {
      const link = placeOf(address)
      const checksum = this.#unwritten.get(link) ?? tail.entryChecksum(link, slot, ballot)
      if (checksum !== undefined) {
        const word = markWord(checksum)
        builder.add({ kind: RECORD.mark, a: slot, b: ballot.round, c: ballot.nodeId, link, word })
        return this.#place(write, slot, tailAddress(link, true), false)
      }
    }
    const { position } = builder.add(fieldsOf(effect))
    this.#place(write, slot, tailAddress(position, true), true)
  }

  /** The entry is copied as it stands in the ring; where it was evicted meanwhile, a mark is enough. */
  #decideHeld(slot: number, ring: RingBuffer, write: PendingWrite, builder: GroupBuilder): void {
    const address = this.#newest(slot)
    const place = placeOf(address)
    if (isInRegion(address)) {
      return this.#place(write, slot, tailAddress(ring.copyDecided(place, slot, builder), true), true)
    }
    const accepted = this.#parts.tail.record(place)
    if (accepted?.a !== slot)
      throw raise.corrupted('an evicted proposal is damaged', { slots: { from: slot, to: slot + 1 } })
    const { b, c, checksum } = accepted
    builder.add({ kind: RECORD.mark, a: slot, b, c, link: place, word: markWord(checksum) })
    this.#place(write, slot, tailAddress(place, true), false)
  }

  #relocate(slot: number, from: RelocationSource, write: PendingWrite, builder: GroupBuilder): void {
    const address = this.#newest(slot)
    const inRegion = isInRegion(address)
    const isThere =
      from === 'region' ? inRegion : address !== NOWHERE && !inRegion && placeOf(address) < from.end
    if (!isThere || slot < this.#parts.state.point) return
    const place = placeOf(address)
    const record = from === 'region' ? this.#parts.readRegion(place) : from.record(place)
    if (!record) {
      write.damagedAt ??= place
      return
    }
    const kind = isDecided(address) ? RECORD.decide : RECORD.accept
    const { a, b, c, value, proof } = record
    const placed = builder.add({ kind, a, b, c, value, proof })
    if (kind === RECORD.accept) this.#unwritten.set(placed.position, placed.checksum)
    this.#place(write, slot, tailAddress(placed.position, isDecided(address)), true)
  }

  #place(write: PendingWrite, slot: number, address: Address, isNewRecord: boolean): void {
    this.#parts.pending.place(write, slot, address)
    if (isNewRecord) this.#parts.tail.active.writtenSlots++
  }

  #newest(slot: number): Address {
    return this.#parts.pending.addressOf(slot) ?? this.#parts.table.get(slot)
  }

  *#undecidedIn(from: number, to: number): Generator<number> {
    const { table, pending } = this.#parts
    for (const [slot, address] of table.entries(from, to)) {
      if (!pending.has(slot) && !isDecided(address)) yield slot
    }
    for (const slot of pending.slotsIn(from, to)) {
      const address = this.#newest(slot)
      if (address !== NOWHERE && !isDecided(address)) yield slot
    }
  }
}
