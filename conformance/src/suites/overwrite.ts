import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { ballot, patterned, hex, proposal, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** What may never be overwritten, and what may. */
export const overwriteCases: readonly Case[] = [
  {
    id: 'over.committed-immutable',
    title: 'never changes a decision, by accept or by learn, alone or in a batch, lower or higher',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(4, 3, 'decided'))
      await ctx.unchanged(log, async () => {
        for (const round of [2, 3, 4]) {
          const other = proposal(4, round, 'other')
          await rejects(log.accept(other), 'PLOG_ALREADY_COMMITTED', { slot: 4 })
          await rejects(log.learn(other), 'PLOG_ALREADY_COMMITTED', { slot: 4 })
          await rejects(log.acceptAll([proposal(5, 9), other]), 'PLOG_ALREADY_COMMITTED', { index: 1 })
          await rejects(log.learnAll([other, proposal(6)]), 'PLOG_ALREADY_COMMITTED', { index: 0 })
        }
      })
    },
  },
  {
    id: 'over.committed-immutable-after-reopen',
    title: 'never changes a decision, also after reopening and a refused attempt before it',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learn(proposal(4, 3, 'decided'))
      await rejects(log.accept(proposal(4, 9, 'other')), 'PLOG_ALREADY_COMMITTED')
      log = await ctx.reopen(log)
      expect(text((await log.read(4))?.value)).to.equal('decided')
      await rejects(log.accept(proposal(4, 9, 'other')), 'PLOG_ALREADY_COMMITTED')
    },
  },
  {
    id: 'over.same-bytes-ok',
    title: 'takes the decided value again, by accept and learn, under any ballot and promise',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(4, 3, 'decided'))
      await log.promise(ballot(50))
      await ctx.unchanged(log, async () => {
        for (const round of [1, 3, 99]) {
          await log.accept(proposal(4, round, 'decided'))
          await log.learn(proposal(4, round, 'decided'))
        }
      })
    },
  },
  {
    id: 'over.prefix-is-another-value',
    title: 'takes a prefix or an extension of a value for another value',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0, 1, 'value'))
      await log.accept(proposal(1, 1, 'value'))
      await ctx.unchanged(log, async () => {
        for (const other of ['valu', 'value!', '', 'valuf']) {
          await rejects(log.learn(proposal(0, 1, other)), 'PLOG_ALREADY_COMMITTED')
          await rejects(log.accept(proposal(1, 1, other)), 'PLOG_BALLOT_REUSED')
        }
      })
    },
  },
  {
    id: 'over.accepted-shorter-than-old',
    title: 'replaces a long proposal by a short one without a trace',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.accept(proposal(0, 1, patterned(10_000)))
      await log.accept(proposal(0, 2, 'short'))
      expect(text((await log.readAccepted(0))?.value)).to.equal('short')
      log = await ctx.reopen(log)
      expect(text((await log.readAccepted(0))?.value)).to.equal('short')
    },
  },
  {
    id: 'over.accepted-longer-than-old',
    title: 'replaces a short proposal by a long one without touching its neighbours',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.acceptAll([0, 1, 2].map((slot) => proposal(slot)))
      const long = patterned(20_000, 5)
      await log.accept(proposal(1, 2, long))
      log = await ctx.reopen(log)
      expect(hex((await log.readAccepted(1))!.value)).to.equal(hex(long))
      expect(text((await log.readAccepted(0))?.value)).to.equal('value 0.1')
      expect(text((await log.readAccepted(2))?.value)).to.equal('value 2.1')
    },
  },
  {
    id: 'over.many-replacements',
    title: 'shows the newest of many replacements, before and after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await Promise.all(Array.from({ length: 60 }, (_, at) => log.accept(proposal(0, at + 1))))
      expect(text((await log.readAccepted(0))?.value)).to.equal('value 0.60')
      log = await ctx.reopen(log)
      expect(text((await log.readAccepted(0))?.value)).to.equal('value 0.60')
      expect(log.bounds()).to.include({ acceptedCount: 1, nextSlot: 1 })
    },
  },
  {
    id: 'over.after-discard',
    title: 'takes a lower ballot in a slot whose proposal was discarded',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.accept(proposal(0, 9, 'dead'))
      await log.discard({ from: 0 })
      await log.accept(proposal(0, 2, 'alive'))
      log = await ctx.reopen(log)
      expect(text((await log.readAccepted(0))?.value)).to.equal('alive')
      expect((await log.readAccepted(0))?.ballot).to.deep.equal(ballot(2))
    },
  },
  {
    id: 'over.below-point-rejected',
    title: 'refuses every write below the point',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 2, 3].map((slot) => proposal(slot)))
      await log.compact({ before: 3, withoutCheckpoint: true })
      await ctx.unchanged(log, async () => {
        const context = { slot: 2, compactedBefore: 3 }
        await rejects(log.accept(proposal(2, 9)), 'PLOG_COMPACTED', context)
        await rejects(log.learn(proposal(2)), 'PLOG_COMPACTED', context)
        await rejects(log.commit({ slot: 2, ballot: ballot(1) }), 'PLOG_COMPACTED', context)
        await rejects(log.acceptAll([proposal(5), proposal(0)]), 'PLOG_COMPACTED', { index: 1 })
        await rejects(log.learnAll([proposal(1)]), 'PLOG_COMPACTED', { index: 0 })
        await rejects(log.commitAll([{ slot: 2, ballot: ballot(1) }]), 'PLOG_COMPACTED', { index: 0 })
        await rejects(log.discard({ from: 2 }), 'PLOG_COMPACTED')
      })
    },
  },
]
