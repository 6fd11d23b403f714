import { compareBallots, type Ballot } from '../../contract/ballot.js'
import { setU64 } from './key-layout.js'

/** Bytes of a slot record before its value. */
export const SLOT_RECORD_HEADER_BYTES = 43

/** The two states of a slot record are complements, not neighbours; that of a block is four bits from either. */
export const STATUS = { accepted: 0x5a, decided: 0xa5, block: 0x3c } as const

/** What a record says beside the entry. */
export interface RecordMark {
  readonly decided: boolean
  readonly sequence: number
}

/** The header of the record before: mostly the next one differs from it in slot and checksum only. */
export class LastHeader {
  readonly #bytes = new Uint8Array(SLOT_RECORD_HEADER_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)
  #ballot: Ballot = { round: -1, nodeId: -1 }
  #valueBytes = -1
  #hasProof = false
  #decided = false
  #sequence = -1

  /** A header but for slot and checksum; to be copied before the next call. */
  of(ballot: Ballot, valueBytes: number, hasProof: boolean, mark: RecordMark): Uint8Array {
    const { decided, sequence } = mark
    if (
      sequence !== this.#sequence ||
      decided !== this.#decided ||
      valueBytes !== this.#valueBytes ||
      hasProof !== this.#hasProof ||
      compareBallots(ballot, this.#ballot) !== 0
    ) {
      this.#ballot = { round: ballot.round, nodeId: ballot.nodeId }
      this.#valueBytes = valueBytes
      this.#hasProof = hasProof
      this.#decided = decided
      this.#sequence = sequence
      this.#write()
    }
    return this.#bytes
  }

  #write(): void {
    const view = this.#view
    view.setUint8(5, this.#decided ? STATUS.decided : STATUS.accepted)
    view.setUint8(6, this.#hasProof ? 1 : 0)
    setU64(view, 15, this.#sequence)
    setU64(view, 23, this.#ballot.round)
    setU64(view, 31, this.#ballot.nodeId)
    view.setUint32(39, this.#valueBytes)
  }
}
