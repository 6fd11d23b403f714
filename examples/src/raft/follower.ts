import type { PersistentLog } from '@persistent-log/core'

/** Where an entry stands, as Raft tells it. */
export type Position = readonly [index: number, term: number]
/** What a leader ships. */
export type Entry = readonly [term: number, command: string]
const ballotOf = (term: number) => ({ round: term, nodeId: 0 }) // The leader of a term is one: no node in it.

/**
 * What a Raft follower keeps on its disk: an index is a slot from 1 on, a term the round of a ballot, term and vote a
 * configuration. Never a promise: it would refuse the entries of older terms that a new leader ships.
 */
export class Follower {
  constructor(readonly log: PersistentLog) {}

  /** To be awaited before any message that rests on it is sent: a vote, or an answer in a new term. */
  async saveHardState(term: number, votedFor: string): Promise<void> {
    const version = ((await this.log.configuration.load('hard-state'))?.version ?? 0) + 1
    const value = Buffer.from(JSON.stringify({ term, votedFor }))
    await this.log.configuration.store('hard-state', { version, value })
  }

  /** Of an entry that is held, or of the last one that is compacted. */
  async termAt(index: number): Promise<number | undefined> {
    const { compactedBefore, compactedBallot } = this.log.bounds()
    if (index < compactedBefore)
      return index === compactedBefore - 1 ? (compactedBallot?.round ?? 0) : undefined
    return ((await this.log.read(index)) ?? (await this.log.readAccepted(index)))?.ballot.round
  }

  /** AppendEntries; false: the entry before is another one. Only a conflict drops what follows, in the same write. */
  async append([index, term]: Position, entries: readonly Entry[], leaderCommit: number): Promise<boolean> {
    if ((await this.termAt(index)) !== term) return false
    let held = 0
    while (held < entries.length && (await this.termAt(index + held + 1)) === entries[held]![0]) held++
    const from = index + held + 1
    const added = entries.slice(held).map(([of, command], at) => {
      return { slot: from + at, ballot: ballotOf(of), value: Buffer.from(command) }
    })
    if (added.length > 0) await this.log.acceptAll(added, { discardFrom: from })
    const ids = []
    const to = Math.min(leaderCommit, index + entries.length) + 1 // What follows may be of another leader still.
    for await (const { slot, ballot } of this.log.uncommitted({ to })) ids.push({ slot, ballot })
    await this.log.commitAll(ids)
    return true
  }

  /** InstallSnapshot: what follows it stays where its last entry is held, and is dropped in the same write otherwise. */
  async install([index, term]: Position, state: Uint8Array): Promise<void> {
    if (index < this.log.bounds().contiguousTo) return // Committed here already.
    const discardFrom = (await this.termAt(index)) === term ? undefined : index + 1
    await this.log.checkpoints.install(index + 1, state, { ballot: ballotOf(term), discardFrom })
  }
}
