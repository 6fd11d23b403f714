import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { ballot, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** Discard: the suffix of proposals that a protocol proved dead. */
export const discardCases: readonly Case[] = [
  {
    id: 'discard.drops-undecided',
    title: 'drops the proposals of its range and counts them',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 8))
      expect(await log.discard({ from: 2, to: 5 })).to.deep.equal({ discarded: 3, keptCommitted: 0 })
      expect(await slotsOf(log.uncommitted())).to.deep.equal([0, 1, 5, 6, 7])
      expect(await log.readAccepted(3)).to.equal(undefined)
      await rejects(log.commit({ slot: 3, ballot: ballot(1) }), 'PLOG_NOT_ACCEPTED')
    },
  },
  {
    id: 'discard.keeps-committed',
    title: 'keeps decisions and tells how many',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.acceptAll(proposals(0, 6))
      await log.commitAll([1, 4].map((slot) => ({ slot, ballot: ballot(1) })))
      expect(await log.discard({ from: 0 })).to.deep.equal({ discarded: 4, keptCommitted: 2 })
      log = await ctx.reopen(log)
      expect(await slotsOf(log.decisions({}, { includeAccepted: true }))).to.deep.equal([1, 4])
      expect(text((await log.read(4))?.value)).to.equal('value 4.1')
    },
  },
  {
    id: 'discard.survives-reopen',
    title: 'is durable: the old suffix does not come back',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.acceptAll(proposals(0, 6))
      await log.discard({ from: 3 })
      log = await ctx.reopen(log)
      expect(await slotsOf(log.uncommitted())).to.deep.equal([0, 1, 2])
      await log.accept(proposal(4, 1, 'new value'))
      log = await ctx.reopen(log)
      expect(await slotsOf(log.uncommitted())).to.deep.equal([0, 1, 2, 4])
      expect(text((await log.readAccepted(4))?.value)).to.equal('new value')
    },
  },
  {
    id: 'discard.idempotent',
    title: 'finds nothing the second time, and nothing behind the end',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 3))
      await log.discard({ from: 1 })
      await ctx.unchanged(log, async () => {
        expect(await log.discard({ from: 1 })).to.deep.equal({ discarded: 0, keptCommitted: 0 })
        expect(await log.discard({ from: 900, to: 1_000 })).to.deep.equal({ discarded: 0, keptCommitted: 0 })
        expect(await log.discard({ from: 0, to: 0 })).to.deep.equal({ discarded: 0, keptCommitted: 0 })
      })
    },
  },
  {
    id: 'discard.end-below-start',
    title: 'finds nothing in a range that ends below its start',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(5, 6))
      await log.acceptAll(proposals(20, 6))
      await ctx.unchanged(log, async () => {
        expect(await log.discard({ from: 9, to: 7 })).to.deep.equal({ discarded: 0, keptCommitted: 0 })
        expect(await log.discard({ from: 24, to: 22 })).to.deep.equal({ discarded: 0, keptCommitted: 0 })
      })
    },
  },
  {
    id: 'discard.promise-stays',
    title: 'leaves the promise where it is',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(4))
      await log.accept(proposal(0, 5))
      await log.discard({ from: 0 })
      expect(log.promised()).to.deep.equal(ballot(4))
      await rejects(log.accept(proposal(0, 3)), 'PLOG_STALE_BALLOT')
      await log.accept(proposal(0, 4))
    },
  },
]
