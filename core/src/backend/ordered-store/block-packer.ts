import { compareBallots } from '../../contract/ballot.js'
import type { EffectOf } from '../engine/effect.js'
import { blockBytes, BlockToWrite, MOST_BLOCK_BYTES } from './block-record.js'
import { MOST_BLOCK_SLOTS } from './key-layout.js'
import type { RecordCodec } from './record-codec.js'
import { SlotRecordToWrite } from './slot-record.js'
import type { StoreBatch } from './store-batch.js'
import type { StoreState } from './store-state.js'

/**
 * Makes blocks of the decisions of one batch: slots that follow each other, were empty, and are decided under one ballot and
 * without a proof. What is left alone gets the record of a slot.
 */
export class BlockPacker {
  readonly #batch: StoreBatch
  readonly #state: StoreState
  readonly #codec: RecordCodec
  #run: EffectOf<'decide'>[] = []
  #valueBytes = 0

  constructor(batch: StoreBatch, state: StoreState, codec: RecordCodec) {
    this.#batch = batch
    this.#state = state
    this.#codec = codec
  }

  /** Takes a decision, unless it has to have a record of its own. */
  take(decision: EffectOf<'decide'>): boolean {
    if (decision.proof !== undefined || !this.#isEmpty(decision.slot)) return false
    if (!this.#continues(decision)) this.end()
    this.#run.push(decision)
    this.#valueBytes += decision.value.length
    return true
  }

  /** Puts what was taken last into the batch. */
  end(): void {
    const run = this.#run
    if (run.length === 0) return
    const { sequence, packed } = this.#state
    const [first] = run
    if (run.length === 1) {
      const record = new SlotRecordToWrite(this.#codec, first!, { decided: true, sequence })
      this.#batch.addSized(record, record.bytes)
    } else {
      const record = new BlockToWrite(this.#codec, run, this.#valueBytes, sequence)
      this.#batch.addSized(record, record.bytes)
      packed.add({ first: first!.slot, slots: run.length })
    }
    this.#run = []
    this.#valueBytes = 0
  }

  /** What a slot holds or held has the key of a slot: it is overwritten, or a block holds it. */
  #isEmpty(slot: number): boolean {
    const { accepted, ledger } = this.#state
    const { decided, damaged } = ledger
    return !accepted.has(slot) && !decided.has(slot) && (damaged.count === 0 || !damaged.has(slot))
  }

  #continues({ slot, ballot, value }: EffectOf<'decide'>): boolean {
    const run = this.#run
    const { length } = run
    if (length === 0) return true
    const last = run[length - 1]!
    return (
      slot === last.slot + 1 &&
      length < MOST_BLOCK_SLOTS &&
      blockBytes(length + 1, this.#valueBytes + value.length) <= MOST_BLOCK_BYTES &&
      (ballot === last.ballot || compareBallots(ballot, last.ballot) === 0)
    )
  }
}
