import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { ballot, bytes, joined, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** Checkpoints shipped from elsewhere. */
export const installCases: readonly Case[] = [
  {
    id: 'install.moves-point',
    title: 'moves the point to its slot; entries below go, entries from it on stay',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll([0, 1, 4, 6].map((slot) => proposal(slot)))
      await log.acceptAll([2, 5].map((slot) => proposal(slot)))
      await log.checkpoints.install(5, bytes('shipped'), { ballot: ballot(3, 1) })
      for (let round = 0; round < 2; round++) {
        expect(log.bounds()).to.include({ compactedBefore: 5, contiguousTo: 5, nextSlot: 7 })
        expect(log.bounds().compactedBallot).to.deep.equal(ballot(3, 1))
        expect(await slotsOf(log.decisions({}, { includeAccepted: true }))).to.deep.equal([5, 6])
        expect(text(await joined(log.checkpoints.read(5)))).to.equal('shipped')
        await rejects(log.read(4), 'PLOG_COMPACTED')
        log = await ctx.reopen(log)
      }
    },
  },
  {
    id: 'install.far-ahead',
    title: 'works far beyond everything the log holds, and the log goes on from there',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      await log.checkpoints.install(1_000_000, bytes('far'))
      expect(log.bounds()).to.include({ compactedBefore: 1_000_000, nextSlot: 1_000_000, committedCount: 0 })
      await log.learn(proposal(1_000_000))
      log = await ctx.reopen(log)
      expect(log.bounds().contiguousTo).to.equal(1_000_001)
    },
  },
  {
    id: 'install.discard-from',
    title: 'drops a conflicting suffix at the same commit point',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.acceptAll(proposals(0, 8))
      await log.checkpoints.install(4, bytes('shipped'), { discardFrom: 6 })
      log = await ctx.reopen(log)
      expect(await slotsOf(log.uncommitted())).to.deep.equal([4, 5])
      await log.checkpoints.install(5, bytes('next'), { discardFrom: 5 })
      log = await ctx.reopen(log)
      expect(await slotsOf(log.uncommitted())).to.deep.equal([])
      expect(log.bounds()).to.include({ compactedBefore: 5, nextSlot: 5 })
    },
  },
  {
    id: 'install.discard-below-point-refused',
    title: 'discards nothing from below the point, also where it repeats what is stored',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      await log.checkpoints.install(4, bytes('four'))
      await log.compact({ before: 6, withoutCheckpoint: true })
      await log.accept(proposal(7))
      await ctx.unchanged(log, async () => {
        await rejects(log.checkpoints.install(4, bytes('four'), { discardFrom: 5 }), 'PLOG_COMPACTED')
        await rejects(log.checkpoints.install(8, bytes('eight'), { discardFrom: 5 }), 'PLOG_COMPACTED')
      })
      await log.checkpoints.install(8, bytes('eight'), { discardFrom: 6 })
      expect(log.bounds()).to.include({ compactedBefore: 8, nextSlot: 8 })
    },
  },
  {
    id: 'install.stale-refused',
    title: 'refuses one at or below the newest with other content, and takes the same again',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 4))
      await log.checkpoints.install(6, bytes('six'))
      await ctx.unchanged(log, async () => {
        await rejects(log.checkpoints.install(6, bytes('SIX')), 'PLOG_STALE_CHECKPOINT')
        await log.checkpoints.install(6, bytes('six'))
      })
      await log.learn(proposal(6))
      await ctx.unchanged(log, () =>
        rejects(log.checkpoints.store(6, bytes('other')), 'PLOG_STALE_CHECKPOINT'),
      )
    },
  },
  {
    id: 'install.below-stored-refused',
    title: 'refuses one below a stored checkpoint',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 8))
      await log.checkpoints.store(8, bytes('eight'))
      await ctx.unchanged(log, () =>
        rejects(log.checkpoints.install(5, bytes('five')), 'PLOG_STALE_CHECKPOINT'),
      )
    },
  },
  {
    id: 'install.over-stored-moves-point',
    title: 'moves the point also when the same checkpoint is stored here already',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 4))
      await log.checkpoints.store(3, bytes('three'))
      await log.checkpoints.install(3, bytes('three'), { ballot: ballot(2, 1) })
      expect(log.bounds().compactedBallot, 'the shipper knows it').to.deep.equal(ballot(2, 1))
      expect(log.bounds()).to.include({ compactedBefore: 3, committedCount: 1 })
      expect((await log.checkpoints.list()).length).to.equal(1)
    },
  },
  {
    id: 'install.keeps-ballot-below',
    title: 'keeps the ballot of the decision just below it where none is given',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 2, 3].map((slot) => proposal(slot, slot + 1)))
      await log.checkpoints.install(3, bytes('shipped'))
      expect(log.bounds()).to.deep.include({ compactedBefore: 3, compactedBallot: ballot(3) })
      await log.checkpoints.install(9, bytes('far ahead'))
      expect(log.bounds().compactedBefore).to.equal(9)
      expect(log.bounds().compactedBallot, 'nobody knows it').to.equal(undefined)
    },
  },
  {
    id: 'install.ballot-below-survives-reopen',
    title: 'still knows the ballot of the decision just below an installed checkpoint after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll([0, 1, 2, 3].map((slot) => proposal(slot, slot + 1)))
      await log.checkpoints.install(3, bytes('shipped'))
      log = await ctx.reopen(log)
      expect(log.bounds()).to.deep.include({ compactedBefore: 3, compactedBallot: ballot(3) })
    },
  },
]
