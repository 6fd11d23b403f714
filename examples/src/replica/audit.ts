import { LEADER_NODE, RIVAL_NODE, rivalValue } from './ballots.js'
import type { Expectation } from './expectation.js'
import { rank, type AcknowledgementRecord } from './record.js'
import type { ShownEntry } from './protocol.js'

/** What an audit found, counted in slots. */
export interface AuditFindings {
  /** Slots that the log holds. */
  readonly shown: number
  /** Shown, although no acknowledgement arrived before the kill. */
  readonly unacknowledged: number
  /** Acknowledged commits and accepts that were looked up. */
  readonly commits: number
  readonly accepts: number
  /** Of these, those that lie below the point: the recovered state answers for them. */
  readonly compacted: number
  /** Where the decisions without a gap end, by what was shown. */
  readonly contiguousTo: number
  readonly lostCommits: readonly string[]
  readonly lostAccepts: readonly string[]
  /** Slots with anything but a value that was proposed for them. */
  readonly notWhole: readonly string[]
}

const UNSEEN = 0
const ACCEPTED = 1
const DECIDED = 2

/** Compares every slot that a log shows with what was acknowledged, and with the input. */
export class Audit {
  readonly #expectation: Expectation
  readonly #seen: Uint8Array
  readonly #ranks: Float64Array
  readonly #notWhole: string[] = []

  constructor(expectation: Expectation) {
    this.#expectation = expectation
    this.#seen = new Uint8Array(expectation.commands)
    this.#ranks = new Float64Array(expectation.commands)
  }

  /** Takes in what the log shows. */
  see(entries: readonly ShownEntry[]): void {
    for (const entry of entries) {
      const fault = this.#faultOf(entry)
      if (fault !== undefined) this.#notWhole.push(`slot ${entry.slot} ${fault}`)
      this.#seen[entry.slot] = entry.isDecided ? DECIDED : ACCEPTED
      this.#ranks[entry.slot] = rank(entry.ballot)
    }
  }

  /** Holds it against the record. Slots below `compactedBefore` are the state's business. */
  compare(record: AcknowledgementRecord, compactedBefore: number): AuditFindings {
    const lostCommits: string[] = []
    const lostAccepts: string[] = []
    const counts = { shown: 0, unacknowledged: 0, commits: 0, accepts: 0, compacted: 0 }
    for (let slot = 0; slot < this.#seen.length; slot++) {
      const committed = record.committed(slot)
      const accepted = record.accepted(slot)
      const seen = this.#seen[slot] ?? UNSEEN
      const shownRank = this.#ranks[slot] ?? 0
      if (committed > 0) counts.commits++
      if (accepted > 0) counts.accepts++
      if (seen === UNSEEN && slot < compactedBefore) {
        if (committed > 0 || accepted > 0) counts.compacted++
        continue
      }
      if (seen !== UNSEEN) counts.shown++
      if (committed > 0 && (seen !== DECIDED || shownRank !== committed)) lostCommits.push(`slot ${slot}`)
      if (accepted > shownRank) lostAccepts.push(`slot ${slot}`)
      const isNews = seen === DECIDED ? committed === 0 : shownRank > accepted
      if (seen !== UNSEEN && isNews) counts.unacknowledged++
    }
    const contiguousTo = this.#contiguousFrom(compactedBefore)
    return { ...counts, contiguousTo, lostCommits, lostAccepts, notWhole: this.#notWhole }
  }

  #faultOf({ slot, ballot, value, isDecided }: ShownEntry): string | undefined {
    if (slot >= this.#seen.length) return 'lies behind the end of the input'
    if (this.#seen[slot] !== UNSEEN) return 'was shown twice'
    if (ballot.nodeId === LEADER_NODE) {
      return this.#expectation.holds(slot, value) ? undefined : 'holds something else than its command'
    }
    if (ballot.nodeId !== RIVAL_NODE) return `holds ballot ${ballot.round}.${ballot.nodeId} of nobody`
    if (isDecided) return 'is decided with a value of the rival'
    return rank(ballot) > 0 && Buffer.from(value).equals(rivalValue(slot))
      ? undefined
      : 'holds something else than the value of the rival'
  }

  #contiguousFrom(compactedBefore: number): number {
    let slot = compactedBefore
    while (this.#seen[slot] === DECIDED) slot++
    return slot
  }
}
