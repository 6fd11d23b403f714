import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { collect, slotsOf } from '../running/dump.js'
import { ballot, proposal, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

const HUGE = Number.MAX_SAFE_INTEGER

/** Accept and the promise: Paxos phases 1b and 2b. */
export const ballotCases: readonly Case[] = [
  {
    id: 'ballot.accept-visible-uncommitted',
    title: 'shows an accepted proposal as accepted, not as decided',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(4, 2, 'voted', 3))
      expect(await log.readAccepted(4)).to.deep.include({ slot: 4, ballot: ballot(2, 3) })
      expect(await log.read(4)).to.equal(undefined)
      expect(log.bounds()).to.include({ acceptedCount: 1, committedCount: 0, contiguousTo: 0 })
    },
  },
  {
    id: 'ballot.committed-scan-hides-accepted',
    title: 'scans decisions without the proposals, unless asked for',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      await log.accept(proposal(1))
      await log.learn(proposal(2))
      expect(await slotsOf(log.decisions())).to.deep.equal([0, 2])
      const both = await collect(log.decisions({}, { includeAccepted: true }))
      expect(both.map(({ slot, status }) => [slot, status])).to.deep.equal([
        [0, 'decided'],
        [1, 'accepted'],
        [2, 'decided'],
      ])
    },
  },
  {
    id: 'ballot.higher-replaces',
    title: 'replaces a proposal by one of a higher ballot',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 1, 'old'))
      await log.accept(proposal(0, 2, 'new'))
      const accepted = await log.readAccepted(0)
      expect(text(accepted?.value)).to.equal('new')
      expect(accepted?.ballot).to.deep.equal(ballot(2))
      expect(log.bounds().acceptedCount).to.equal(1)
    },
  },
  {
    id: 'ballot.higher-same-value-moves-ballot',
    title: 'stores the higher ballot also when the value stays the same',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 1, 'same'))
      await log.accept(proposal(0, 3, 'same'))
      expect((await log.readAccepted(0))?.ballot).to.deep.equal(ballot(3))
      await rejects(log.commit({ slot: 0, ballot: ballot(1) }), 'PLOG_BALLOT_MISMATCH')
    },
  },
  {
    id: 'ballot.equal-same-value-idempotent',
    title: 'takes the same proposal twice',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 2, 'once'))
      await ctx.unchanged(log, () => log.accept(proposal(0, 2, 'once')))
    },
  },
  {
    id: 'ballot.equal-same-value-below-promise',
    title: 'takes the repetition of an accepted proposal also below a later promise',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 2, 'once'))
      await log.promise(ballot(9))
      await ctx.unchanged(log, () => log.accept(proposal(0, 2, 'once')))
    },
  },
  {
    id: 'ballot.equal-other-value-rejected',
    title: 'refuses another value under the same ballot',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 2, 'first'))
      await ctx.unchanged(log, () =>
        rejects(log.accept(proposal(0, 2, 'other')), 'PLOG_BALLOT_REUSED', { slot: 0 }),
      )
    },
  },
  {
    id: 'ballot.equal-other-proof-is-same-value',
    title: 'takes the same value with another proof as the same value',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept({ ...proposal(0), proof: Uint8Array.of(1) })
      await log.accept({ ...proposal(0), proof: Uint8Array.of(2) })
      await log.learn({ ...proposal(1), proof: Uint8Array.of(1) })
      await log.learn({ ...proposal(1), proof: Uint8Array.of(2) })
      expect((await log.readAccepted(0))?.proof).to.deep.equal(Uint8Array.of(1))
      expect((await log.read(1))?.proof, 'the first proof stays').to.deep.equal(Uint8Array.of(1))
    },
  },
  {
    id: 'ballot.lower-rejected',
    title: 'keeps the accepted value when a lower ballot is refused',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(7, 5, 'high'))
      await ctx.unchanged(log, () =>
        rejects(log.accept(proposal(7, 4, 'low')), 'PLOG_STALE_BALLOT', { slot: 7, stored: ballot(5) }),
      )
      await ctx.unchanged(log, () => rejects(log.accept(proposal(7, 4, 'high')), 'PLOG_STALE_BALLOT'))
    },
  },
  {
    id: 'ballot.node-id-breaks-tie',
    title: 'orders equal rounds by node',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 3, 'node 5', 5))
      await rejects(log.accept(proposal(0, 3, 'node 4', 4)), 'PLOG_STALE_BALLOT', { stored: ballot(3, 5) })
      await log.accept(proposal(0, 3, 'node 6', 6))
      expect(text((await log.readAccepted(0))?.value)).to.equal('node 6')
      await log.promise(ballot(8, 2))
      await rejects(log.promise(ballot(8, 1)), 'PLOG_STALE_BALLOT', { promised: ballot(8, 2) })
      await rejects(log.accept(proposal(1, 8, 'low', 1)), 'PLOG_STALE_BALLOT')
    },
  },
  {
    id: 'ballot.round-before-node',
    title: 'puts the round before the node',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 2, 'low round', 999))
      await log.accept(proposal(0, 3, 'high round', 0))
      await rejects(log.accept(proposal(0, 2, 'late', 1_000)), 'PLOG_STALE_BALLOT')
      expect(text((await log.readAccepted(0))?.value)).to.equal('high round')
    },
  },
  {
    id: 'ballot.numbers-not-text',
    title: 'compares rounds and nodes as numbers',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 9, 'nine'))
      await log.accept(proposal(0, 10, 'ten'))
      await log.accept(proposal(1, 255, 'low byte', 256))
      await log.accept(proposal(1, 256, 'second byte', 1))
      expect(text((await log.readAccepted(0))?.value)).to.equal('ten')
      expect(text((await log.readAccepted(1))?.value)).to.equal('second byte')
    },
  },
  {
    id: 'ballot.extremes',
    title: 'holds and orders the largest rounds and nodes',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.accept(proposal(0, HUGE, 'largest', HUGE - 1))
      await log.promise(ballot(HUGE, HUGE - 1))
      log = await ctx.reopen(log)
      expect(log.promised()).to.deep.equal(ballot(HUGE, HUGE - 1))
      expect((await log.readAccepted(0))?.ballot).to.deep.equal(ballot(HUGE, HUGE - 1))
      await rejects(log.accept(proposal(0, HUGE - 1, 'lower', HUGE)), 'PLOG_STALE_BALLOT')
      await log.promise(ballot(HUGE, HUGE))
      await log.accept(proposal(0, HUGE, 'above all', HUGE))
      await log.commit({ slot: 0, ballot: ballot(HUGE, HUGE) })
      expect((await log.read(0))?.ballot).to.deep.equal(ballot(HUGE, HUGE))
    },
  },
  {
    id: 'ballot.accepted-survives-reopen',
    title: 'finds its votes again after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.accept({ ...proposal(2, 6, 'vote', 1), proof: Uint8Array.of(7) })
      await log.accept(proposal(3, 1, 'older'))
      await log.accept(proposal(3, 2, 'newer'))
      log = await ctx.reopen(log)
      const accepted = await log.readAccepted(2)
      expect(text(accepted?.value)).to.equal('vote')
      expect(accepted?.ballot).to.deep.equal(ballot(6, 1))
      expect(accepted?.proof).to.deep.equal(Uint8Array.of(7))
      expect(text((await log.readAccepted(3))?.value)).to.equal('newer')
      await rejects(log.accept(proposal(2, 5)), 'PLOG_STALE_BALLOT')
      await log.commit({ slot: 2, ballot: ballot(6, 1) })
      expect(text((await log.read(2))?.value)).to.equal('vote')
    },
  },
  {
    id: 'ballot.scan-uncommitted-exact',
    title: 'scans exactly the undecided proposals',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll([1, 2, 3, 5, 8].map((slot) => proposal(slot)))
      await log.commit({ slot: 2, ballot: ballot(1) })
      await log.learn(proposal(8, 4, 'other'))
      expect(await slotsOf(log.uncommitted())).to.deep.equal([1, 3, 5])
      expect(await slotsOf(log.uncommitted({ from: 2, to: 5 }))).to.deep.equal([3])
      const [entry] = await collect(log.uncommitted())
      expect(entry).to.deep.include({ slot: 1, status: 'accepted', ballot: ballot(1) })
    },
  },
  {
    id: 'ballot.scan-uncommitted-after-reopen',
    title: 'scans the same undecided proposals after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.acceptAll([1, 2, 3, 5].map((slot) => proposal(slot)))
      await log.commit({ slot: 2, ballot: ballot(1) })
      log = await ctx.reopen(log)
      expect(await slotsOf(log.uncommitted())).to.deep.equal([1, 3, 5])
      expect(await slotsOf(log.decisions())).to.deep.equal([2])
    },
  },
]
