import { expect } from 'chai'
import type { PersistentLog } from '@persistent-log/core'
import type { Operation } from '../crash/operation.js'
import { joined, proposal, proposals, ballot, bytes, text, hex } from '../running/values.js'
import { slotsOf } from '../running/dump.js'

/** A kind of call, and how one sees that its effect is there. */
export interface DurableKind {
  /** Part of the case's id. */
  readonly name: string
  readonly what: string
  readonly act: (log: PersistentLog) => Promise<unknown>
  readonly look: (log: PersistentLog) => Promise<unknown>
}

const statusOf = async (log: PersistentLog, slot: number): Promise<string> => {
  const decided = await log.read(slot)
  if (decided !== undefined) return `decided ${text(decided.value)}`
  const accepted = await log.readAccepted(slot)
  return accepted === undefined ? 'empty' : `accepted ${accepted.ballot.round} ${text(accepted.value)}`
}

async function expectStatuses(log: PersistentLog, expected: Record<number, string>): Promise<void> {
  for (const [slot, status] of Object.entries(expected)) {
    expect(await statusOf(log, Number(slot)), `slot ${slot}`).to.equal(status)
  }
}

/** Every call that changes a log: what it did is there after the log was closed and opened again. */
export const DURABLE_KINDS: readonly DurableKind[] = [
  {
    name: 'accept',
    what: 'an accepted proposal with its ballot and its proof',
    act: (log) => log.accept({ ...proposal(3, 7, 'vote', 2), proof: bytes('why') }),
    async look(log) {
      const held = await log.readAccepted(3)
      expect([text(held?.value), held?.ballot, text(held?.proof)]).to.deep.equal([
        'vote',
        ballot(7, 2),
        'why',
      ])
    },
  },
  {
    name: 'replaced-accept',
    what: 'the newer of two proposals for a slot, though it is shorter',
    async act(log) {
      await log.accept(proposal(0, 1, 'a long value that was accepted first'))
      await log.accept(proposal(0, 2, 'short'))
    },
    look: (log) => expectStatuses(log, { 0: 'accepted 2 short' }),
  },
  {
    name: 'commit',
    what: 'a commit, out of order, with the proof that it brought',
    async act(log) {
      await log.acceptAll(proposals(0, 3))
      await log.commit({ slot: 2, ballot: ballot(1), proof: bytes('quorum') })
    },
    async look(log) {
      await expectStatuses(log, { 0: 'accepted 1 value 0.1', 2: 'decided value 2.1' })
      expect(text((await log.read(2))?.proof)).to.equal('quorum')
    },
  },
  {
    name: 'commit-all',
    what: 'a batch of commits',
    async act(log) {
      await log.acceptAll(proposals(0, 4))
      await log.commitAll([0, 3].map((slot) => ({ slot, ballot: ballot(1) })))
    },
    look: async (log) => expect(await slotsOf(log.decisions())).to.deep.equal([0, 3]),
  },
  {
    name: 'learn',
    what: 'a learned decision over an accepted proposal',
    async act(log) {
      await log.accept(proposal(1, 9, 'lost the race'))
      await log.learn(proposal(1, 3, 'chosen'))
    },
    look: (log) => expectStatuses(log, { 1: 'decided chosen' }),
  },
  {
    name: 'learn-all',
    what: 'a batch of decisions with gaps',
    act: (log) => log.learnAll([proposal(9), proposal(2), proposal(5)]),
    look: async (log) => expect(await slotsOf(log.decisions())).to.deep.equal([2, 5, 9]),
  },
  {
    name: 'empty-value',
    what: 'an empty value, which is not an absent one',
    act: (log) => log.learn(proposal(0, 1, '')),
    look: (log) => expectStatuses(log, { 0: 'decided ' }),
  },
  {
    name: 'accept-all-discard-from',
    what: 'a batch that took the place of a conflicting suffix',
    async act(log) {
      await log.acceptAll(proposals(0, 6))
      await log.acceptAll([proposal(2, 2, 'new')], { discardFrom: 2 })
    },
    look: async (log) => {
      expect(await slotsOf(log.uncommitted())).to.deep.equal([0, 1, 2])
      await expectStatuses(log, { 2: 'accepted 2 new' })
    },
  },
  {
    name: 'discard',
    what: 'a discard: the old suffix does not come back',
    async act(log) {
      await log.acceptAll(proposals(0, 6))
      await log.commit({ slot: 4, ballot: ballot(1) })
      await log.discard({ from: 3 })
    },
    look: async (log) =>
      expect(await slotsOf(log.decisions({}, { includeAccepted: true }))).to.deep.equal([0, 1, 2, 4]),
  },
  {
    name: 'promise',
    what: 'the promise',
    async act(log) {
      await log.promise(ballot(4, 1))
      await log.promise(ballot(5, 2))
    },
    look: async (log) => expect(log.promised()).to.deep.equal(ballot(5, 2)),
  },
  {
    name: 'configuration',
    what: 'the newest version of a configuration record',
    async act(log) {
      await log.configuration.store('members', { version: 1, value: bytes('one and two and three') })
      await log.configuration.store('members', { version: 8, value: bytes('one') })
    },
    async look(log) {
      const record = await log.configuration.load('members')
      expect([record?.version, text(record?.value)]).to.deep.equal([8, 'one'])
    },
  },
  {
    name: 'checkpoint',
    what: 'a checkpoint: its state, its ballot and its metadata',
    async act(log) {
      await log.learnAll(proposals(0, 3))
      await log.checkpoints.store(3, bytes('state'), { ballot: ballot(1), metadata: bytes('about') })
    },
    async look(log) {
      const latest = await log.checkpoints.latest()
      expect([latest?.slot, latest?.ballot, text(latest?.metadata)]).to.deep.equal([3, ballot(1), 'about'])
      expect(text(await joined(log.checkpoints.read(3)))).to.equal('state')
    },
  },
  {
    name: 'installed-checkpoint',
    what: 'an installed checkpoint and the point that moved with it',
    async act(log) {
      await log.learnAll(proposals(0, 3))
      await log.accept(proposal(12, 3, 'stays'))
      await log.checkpoints.install(10, bytes('shipped'), { ballot: ballot(2) })
    },
    async look(log) {
      expect(log.bounds()).to.deep.include({
        compactedBefore: 10,
        compactedBallot: ballot(2),
        contiguousTo: 10,
      })
      expect(hex(await joined(log.checkpoints.read(10)))).to.equal(hex(bytes('shipped')))
      await expectStatuses(log, { 12: 'accepted 3 stays' })
    },
  },
  {
    name: 'prune',
    what: 'the removal of an old checkpoint',
    async act(log) {
      await log.learnAll(proposals(0, 3))
      await log.checkpoints.store(1, bytes('old'))
      await log.checkpoints.store(2, bytes('new'))
      await log.checkpoints.prune({ keep: 1 })
    },
    async look(log) {
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([2])
      expect(text(await joined(log.checkpoints.read(2)))).to.equal('new')
    },
  },
  {
    name: 'compaction',
    what: 'the compaction point, also when nothing is left above it',
    async act(log) {
      await log.learnAll(proposals(0, 5, 6))
      await log.checkpoints.store(5, bytes('state'))
      await log.compact({ before: 5 })
    },
    async look(log) {
      expect(log.bounds()).to.deep.include({ compactedBefore: 5, nextSlot: 5, compactedBallot: ballot(6) })
    },
  },
]

/** One call of each kind that leaves something behind, as a child makes them. */
export const ONE_OF_EACH: readonly Operation[] = [
  {
    kind: 'learnAll',
    entries: [0, 1, 2].map((slot) => ({ slot, round: 1, nodeId: 0, value: `learned ${slot}` })),
  },
  { kind: 'accept', entry: { slot: 3, round: 2, nodeId: 1, value: 'accepted', proof: 'why' } },
  {
    kind: 'acceptAll',
    entries: [5, 6, 7, 8].map((slot) => ({ slot, round: 2, nodeId: 0, value: `batch ${slot}` })),
  },
  { kind: 'commit', id: { slot: 3, round: 2, nodeId: 1 } },
  { kind: 'commitAll', ids: [5, 6].map((slot) => ({ slot, round: 2, nodeId: 0 })) },
  { kind: 'learn', entry: { slot: 4, round: 9, nodeId: 0, value: 'learned' } },
  { kind: 'checkpoint', slot: 3, content: 'the state', alone: true },
  { kind: 'compact', before: 2, alone: true },
  { kind: 'configure', name: 'members', version: 3, value: 'one, two' },
  { kind: 'discard', from: 8 },
  { kind: 'accept', entry: { slot: 7, round: 3, nodeId: 0, value: 'shorter' } },
  { kind: 'promise', round: 11, nodeId: 2, alone: true },
]
