import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { ballot, proposal, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** The promise. */
export const promiseCases: readonly Case[] = [
  {
    id: 'promise.none-at-start',
    title: 'has promised nothing at the start',
    async run(ctx) {
      const log = await ctx.open()
      expect(log.promised()).to.equal(undefined)
      await log.accept(proposal(0, 0))
      expect(log.promised()).to.equal(undefined)
    },
  },
  {
    id: 'promise.persisted',
    title: 'keeps its promise after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.promise(ballot(4, 2))
      log = await ctx.reopen(log)
      expect(log.promised()).to.deep.equal(ballot(4, 2))
      await rejects(log.accept(proposal(0, 4, 'low', 1)), 'PLOG_STALE_BALLOT', { promised: ballot(4, 2) })
      expect(await log.readAccepted(0)).to.equal(undefined)
    },
  },
  {
    id: 'promise.never-decreases',
    title: 'refuses a lower promise and names the higher one',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(5, 1))
      await ctx.unchanged(log, () =>
        rejects(log.promise(ballot(4, 9)), 'PLOG_STALE_BALLOT', { promised: ballot(5, 1) }),
      )
      await ctx.unchanged(log, () => log.promise(ballot(5, 1)))
      await log.promise(ballot(5, 2))
      expect(log.promised()).to.deep.equal(ballot(5, 2))
    },
  },
  {
    id: 'promise.accept-below-rejected',
    title: 'refuses accepts below the promise in every slot, and takes equal and higher ones',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(5))
      await ctx.unchanged(log, async () => {
        for (const slot of [0, 1, 900]) {
          await rejects(log.accept(proposal(slot, 4)), 'PLOG_STALE_BALLOT', { slot, promised: ballot(5) })
        }
      })
      await log.accept(proposal(0, 5))
      await log.accept(proposal(1, 6))
      expect(await slotsOf(log.uncommitted())).to.deep.equal([0, 1])
    },
  },
  {
    id: 'promise.accept-leaves-promise',
    title: 'is moved by promise alone: an accept of a higher ballot leaves it',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(2))
      await log.accept(proposal(0, 9))
      expect(log.promised()).to.deep.equal(ballot(2))
      await log.accept(proposal(1, 3))
      await log.promise(ballot(4))
      expect((await log.readAccepted(1))?.ballot).to.deep.equal(ballot(3))
    },
  },
  {
    id: 'promise.accept-without-promise-then-lower-slot',
    title: 'takes a lower ballot in another slot when nothing was promised',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 9))
      await log.accept(proposal(1, 1))
      expect(log.promised()).to.equal(undefined)
      expect((await log.readAccepted(1))?.ballot).to.deep.equal(ballot(1))
    },
  },
  {
    id: 'promise.learn-ignores-it',
    title: 'is outranked by a decision: learn works below it',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(9))
      await log.learn(proposal(0, 1, 'decided'))
      await log.learnAll([proposal(1, 2), proposal(2, 3)])
      expect(text((await log.read(0))?.value)).to.equal('decided')
      expect(log.bounds().committedCount).to.equal(3)
      expect(log.promised()).to.deep.equal(ballot(9))
    },
  },
  {
    id: 'promise.commit-ignores-it',
    title: 'does not stop the commit of what was accepted before it',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll([proposal(0, 2), proposal(1, 2)])
      await log.promise(ballot(9))
      await log.commit({ slot: 0, ballot: ballot(2) })
      await log.commitAll([{ slot: 1, ballot: ballot(2) }])
      expect(log.bounds()).to.include({ committedCount: 2, contiguousTo: 2 })
    },
  },
  {
    id: 'promise.survives-compaction-and-discard',
    title: 'outlives discard, compaction and an installed checkpoint',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(3, 3))
      await log.accept(proposal(0, 4))
      await log.discard({ from: 0 })
      await log.learnAll([proposal(0), proposal(1)])
      await log.compact({ before: 2, withoutCheckpoint: true })
      await log.checkpoints.install(10, Uint8Array.of(1))
      expect(log.promised()).to.deep.equal(ballot(3, 3))
      await rejects(log.accept(proposal(10, 2)), 'PLOG_STALE_BALLOT', { promised: ballot(3, 3) })
    },
  },
  {
    id: 'promise.batch-below-rejected-whole',
    title: 'refuses a whole batch of which one ballot lies below it',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(5))
      await ctx.unchanged(log, () =>
        rejects(log.acceptAll([proposal(0, 6), proposal(1, 5), proposal(2, 4)]), 'PLOG_STALE_BALLOT', {
          index: 2,
        }),
      )
    },
  },
]
