import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { ballot, bytes, proposal, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** Commit and learn: how a proposal becomes a decision. */
export const commitCases: readonly Case[] = [
  {
    id: 'commit.exact-ballot',
    title: 'decides the accepted proposal of exactly its ballot',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(3, 2, 'chosen', 1))
      await log.commit({ slot: 3, ballot: ballot(2, 1) })
      expect(text((await log.read(3))?.value)).to.equal('chosen')
      expect((await log.read(3))?.ballot).to.deep.equal(ballot(2, 1))
      expect(log.bounds()).to.include({ committedCount: 1, acceptedCount: 0 })
    },
  },
  {
    id: 'commit.other-ballot-rejected',
    title: 'never blesses a proposal of another ballot, higher or lower',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(3, 5, 'newer', 2))
      await ctx.unchanged(log, async () => {
        for (const other of [ballot(4, 2), ballot(6, 2), ballot(5, 1), ballot(5, 3)]) {
          const context = { slot: 3, stored: ballot(5, 2) }
          await rejects(log.commit({ slot: 3, ballot: other }), 'PLOG_BALLOT_MISMATCH', context)
        }
      })
    },
  },
  {
    id: 'commit.missing-rejected',
    title: 'refuses to decide a slot that holds nothing',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0))
      await ctx.unchanged(log, () =>
        rejects(log.commit({ slot: 1, ballot: ballot(1) }), 'PLOG_NOT_ACCEPTED', { slot: 1 }),
      )
    },
  },
  {
    id: 'commit.twice-idempotent',
    title: 'takes a commit of a decided slot as done, whatever its ballot',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 3))
      await log.commit({ slot: 0, ballot: ballot(3) })
      await ctx.unchanged(log, async () => {
        await log.commit({ slot: 0, ballot: ballot(3) })
        await log.commit({ slot: 0, ballot: ballot(1) })
        await log.commit({ slot: 0, ballot: ballot(7), proof: bytes('late') })
      })
    },
  },
  {
    id: 'commit.out-of-order',
    title: 'decides slots in any order',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll([0, 1, 2, 3].map((slot) => proposal(slot)))
      for (const slot of [3, 1, 2]) await log.commit({ slot, ballot: ballot(1) })
      expect(log.bounds()).to.include({ contiguousTo: 0, committedCount: 3, highest: 3 })
      await log.commit({ slot: 0, ballot: ballot(1) })
      expect(log.bounds().contiguousTo).to.equal(4)
      expect(await slotsOf(log.uncommitted())).to.deep.equal([])
    },
  },
  {
    id: 'commit.is-final-after-reopen',
    title: 'keeps a decision decided after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.accept(proposal(0, 2, 'final'))
      await log.commit({ slot: 0, ballot: ballot(2) })
      log = await ctx.reopen(log)
      expect(text((await log.read(0))?.value)).to.equal('final')
      expect(await log.readAccepted(0)).to.equal(undefined)
      await rejects(log.accept(proposal(0, 9, 'usurper')), 'PLOG_ALREADY_COMMITTED')
      await rejects(log.learn(proposal(0, 9, 'usurper')), 'PLOG_ALREADY_COMMITTED')
      log = await ctx.reopen(log)
      expect(text((await log.read(0))?.value)).to.equal('final')
      expect(log.bounds()).to.include({ committedCount: 1, acceptedCount: 0 })
    },
  },
  {
    id: 'commit.proof-replaces',
    title: 'stores a proof that comes with the commit',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.accept({ ...proposal(0), proof: bytes('vote') })
      await log.accept({ ...proposal(1), proof: bytes('kept') })
      await log.commitAll([
        { slot: 0, ballot: ballot(1), proof: bytes('certificate') },
        { slot: 1, ballot: ballot(1) },
      ])
      log = await ctx.reopen(log)
      expect(text((await log.read(0))?.proof)).to.equal('certificate')
      expect(text((await log.read(1))?.proof)).to.equal('kept')
      expect(text((await log.read(0))?.value), 'the value stays').to.equal('value 0.1')
    },
  },
  {
    id: 'commit.empty-value',
    title: 'decides an empty value',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 1, ''))
      await log.commit({ slot: 0, ballot: ballot(1) })
      expect((await log.read(0))?.value.length).to.equal(0)
      await rejects(log.learn(proposal(0, 1, 'x')), 'PLOG_ALREADY_COMMITTED')
    },
  },
  {
    id: 'commit.old-version-after-replacement-rejected',
    title: 'refuses the late commit of a proposal that was replaced',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 1, 'old'))
      await log.accept(proposal(0, 2, 'new'))
      await rejects(log.commit({ slot: 0, ballot: ballot(1) }), 'PLOG_BALLOT_MISMATCH', { stored: ballot(2) })
      await log.learn(proposal(0, 1, 'old'))
      expect(text((await log.read(0))?.value), 'learn is the repair').to.equal('old')
    },
  },
  {
    id: 'learn.without-accept',
    title: 'takes a decision over that was never accepted here',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn({ ...proposal(5, 3, 'elsewhere', 2), proof: bytes('proof') })
      const decision = await log.read(5)
      expect(text(decision?.value)).to.equal('elsewhere')
      expect(decision?.ballot).to.deep.equal(ballot(3, 2))
      expect(text(decision?.proof)).to.equal('proof')
    },
  },
  {
    id: 'learn.outranks-accepted',
    title: 'decides over a proposal of a higher and of a lower ballot',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll([proposal(0, 9, 'vote'), proposal(1, 1, 'vote')])
      await log.learnAll([proposal(0, 2, 'truth'), proposal(1, 2, 'truth')])
      for (const slot of [0, 1]) {
        expect(text((await log.read(slot))?.value)).to.equal('truth')
        expect((await log.read(slot))?.ballot).to.deep.equal(ballot(2))
        expect(await log.readAccepted(slot)).to.equal(undefined)
      }
      expect(log.bounds()).to.include({ acceptedCount: 0, committedCount: 2 })
    },
  },
  {
    id: 'learn.outranks-accepted-after-reopen',
    title: 'shows the decision, not the vote it outranked, after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.accept(proposal(0, 9, 'a vote for something longer'))
      await log.learn(proposal(0, 2, 'truth'))
      log = await ctx.reopen(log)
      expect(text((await log.read(0))?.value)).to.equal('truth')
      expect((await log.read(0))?.ballot).to.deep.equal(ballot(2))
      expect(log.bounds()).to.include({ acceptedCount: 0, committedCount: 1 })
    },
  },
  {
    id: 'learn.same-ballot-other-value-rejected',
    title: 'refuses another value under the ballot of the accepted proposal',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 2, 'one'))
      await ctx.unchanged(log, () =>
        rejects(log.learn(proposal(0, 2, 'two')), 'PLOG_BALLOT_REUSED', { slot: 0 }),
      )
    },
  },
  {
    id: 'learn.same-ballot-decides',
    title: 'decides the accepted proposal and keeps its proof unless another is given',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept({ ...proposal(0), proof: bytes('vote') })
      await log.accept({ ...proposal(1), proof: bytes('vote') })
      await log.learn(proposal(0))
      await log.learn({ ...proposal(1), proof: bytes('certificate') })
      expect(text((await log.read(0))?.proof)).to.equal('vote')
      expect(text((await log.read(1))?.proof)).to.equal('certificate')
    },
  },
  {
    id: 'learn.twice-keeps-first-ballot',
    title: 'keeps the first ballot of a decision that is learned again under another',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0, 2, 'truth'))
      await ctx.unchanged(log, async () => {
        await log.learn(proposal(0, 2, 'truth'))
        await log.learn(proposal(0, 7, 'truth'))
        await log.learn(proposal(0, 1, 'truth'))
      })
    },
  },
]
