import { expect } from 'chai'
import { MAX_SLOT } from '@persistent-log/core'
import { rejects } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { ballot, bytes, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'
import { bytesBelow, isGrowing, MOST_PARTS, PART_BYTES } from './steady-space.js'

/** Compaction: the point, and what lies below it. */
export const compactionCases: readonly Case[] = [
  {
    id: 'trim.exact',
    title: 'drops exactly the slots below the point',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      const report = await log.compact({ before: 4, withoutCheckpoint: true })
      expect(report).to.include({ compactedBefore: 4, removed: 4 })
      expect(await slotsOf(log.decisions())).to.deep.equal([4, 5, 6, 7, 8, 9])
      expect(text((await log.read(4))?.value)).to.equal('value 4.1')
      await rejects(log.read(3), 'PLOG_COMPACTED', { slot: 3, compactedBefore: 4 })
      await rejects(log.readAccepted(3), 'PLOG_COMPACTED')
      expect(log.bounds()).to.include({ compactedBefore: 4, lowest: 4, committedCount: 6, contiguousTo: 10 })
      expect(log.bounds().compactedBallot).to.deep.equal(ballot(1))
    },
  },
  {
    id: 'trim.idempotent',
    title: 'changes nothing when repeated, and never moves the point down',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      await log.compact({ before: 4, withoutCheckpoint: true })
      await ctx.unchanged(log, async () => {
        expect(await log.compact({ before: 4, withoutCheckpoint: true })).to.deep.include({
          compactedBefore: 4,
          removed: 0,
        })
        expect((await log.compact({ before: 2 })).compactedBefore).to.equal(4)
        expect((await log.compact({ before: 0 })).compactedBefore).to.equal(4)
        expect((await log.compact({ before: 6, retain: 3 })).compactedBefore).to.equal(4)
      })
    },
  },
  {
    id: 'trim.retain',
    title: 'keeps as many slots below as it is told to',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      const report = await log.compact({ before: 8, retain: 3, withoutCheckpoint: true })
      expect(report.compactedBefore).to.equal(5)
      expect(await slotsOf(log.decisions())).to.deep.equal([5, 6, 7, 8, 9])
    },
  },
  {
    id: 'trim.gap-refused-whole',
    title: 'refuses to pass an undecided slot, accepted or empty, and drops nothing then',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 3, 4].map((slot) => proposal(slot)))
      await ctx.unchanged(log, () =>
        rejects(log.compact({ before: 5, withoutCheckpoint: true }), 'PLOG_GAP', { slot: 2 }),
      )
      await log.accept(proposal(2))
      await ctx.unchanged(log, () => rejects(log.compact({ before: 3, withoutCheckpoint: true }), 'PLOG_GAP'))
      await log.compact({ before: 2, withoutCheckpoint: true })
      expect(log.bounds().compactedBefore).to.equal(2)
    },
  },
  {
    id: 'trim.across-gaps',
    title: 'passes undecided slots when the caller gives them up, and their proposals go',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 3].map((slot) => proposal(slot)))
      await log.acceptAll([1, 5].map((slot) => proposal(slot)))
      await log.compact({ before: 3, acrossGaps: true, withoutCheckpoint: true })
      expect(await slotsOf(log.decisions({}, { includeAccepted: true }))).to.deep.equal([3, 5])
      await rejects(log.accept(proposal(1)), 'PLOG_COMPACTED')
      expect(log.bounds()).to.include({ acceptedCount: 1, committedCount: 1, contiguousTo: 4 })
    },
  },
  {
    id: 'trim.beyond-last',
    title: 'moves behind everything it holds when the caller gives the slots up, and goes on there',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      await ctx.unchanged(log, () =>
        rejects(log.compact({ before: 50, withoutCheckpoint: true }), 'PLOG_GAP', { slot: 3 }),
      )
      await log.compact({ before: 50, acrossGaps: true, withoutCheckpoint: true })
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({
        compactedBefore: 50,
        contiguousTo: 50,
        nextSlot: 50,
        committedCount: 0,
      })
      await log.learn(proposal(50))
      expect(log.bounds()).to.include({ contiguousTo: 51, missingCount: 0 })
    },
  },
  {
    id: 'trim.to-largest-slot',
    title: 'moves to the end of all slots',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(MAX_SLOT))
      await log.compact({ before: MAX_SLOT + 1, acrossGaps: true, withoutCheckpoint: true })
      expect(log.bounds()).to.include({
        compactedBefore: MAX_SLOT + 1,
        nextSlot: MAX_SLOT + 1,
        committedCount: 0,
      })
      await rejects(log.learn(proposal(MAX_SLOT)), 'PLOG_COMPACTED')
      expect(await slotsOf(log.decisions())).to.deep.equal([])
    },
  },
  {
    id: 'trim.checkpoint-required',
    title: 'refuses to pass the newest checkpoint, and names the code',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      await ctx.unchanged(log, () => rejects(log.compact({ before: 1 }), 'PLOG_CHECKPOINT_REQUIRED'))
      await log.checkpoints.store(3, bytes('state'))
      await ctx.unchanged(log, () => rejects(log.compact({ before: 4 }), 'PLOG_CHECKPOINT_REQUIRED'))
      expect((await log.compact({ before: 3 })).compactedBefore).to.equal(3)
      expect((await log.compact({ before: 5, retain: 2 })).compactedBefore).to.equal(3)
    },
  },
  {
    id: 'trim.survives-reopen',
    title: 'keeps the point, and what it took stays gone, after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 8, 3))
      await log.compact({ before: 5, withoutCheckpoint: true })
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ compactedBefore: 5, lowest: 5, contiguousTo: 8, committedCount: 3 })
      expect(log.bounds().compactedBallot).to.deep.equal(ballot(3))
      expect(await slotsOf(log.decisions())).to.deep.equal([5, 6, 7])
      await rejects(log.read(4), 'PLOG_COMPACTED')
      await rejects(log.learn(proposal(0)), 'PLOG_COMPACTED')
    },
  },
  {
    id: 'trim.append-after-full-trim',
    title: 'takes new slots after everything was compacted, before and after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 5, 7))
      await log.compact({ before: 5, withoutCheckpoint: true })
      expect(await slotsOf(log.decisions())).to.deep.equal([])
      expect(log.bounds()).to.include({ contiguousTo: 5, nextSlot: 5, committedCount: 0 })
      expect(log.bounds().lowest).to.equal(undefined)
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ compactedBefore: 5, contiguousTo: 5, nextSlot: 5 })
      expect(log.bounds().compactedBallot, 'where the log continues').to.deep.equal(ballot(7))
      await log.accept(proposal(5, 8))
      await log.commit({ slot: 5, ballot: ballot(8) })
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ contiguousTo: 6, committedCount: 1 })
      expect(text((await log.read(5))?.value)).to.equal('value 5.8')
    },
  },
  {
    id: 'trim.repeatedly-while-writing',
    title: 'compacts again and again behind a growing log',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      for (let round = 0; round < 12; round++) {
        await log.learnAll(proposals(round * 10, 10))
        await log.compact({ before: round * 10 + 5, withoutCheckpoint: true })
      }
      log = await ctx.reopen(log)
      expect(await slotsOf(log.decisions())).to.deep.equal([115, 116, 117, 118, 119])
    },
  },
  {
    id: 'trim.frees-space',
    title: 'does not grow for ever under steady compaction',
    requires: needsReopen,
    timeoutMs: 180_000,
    async run(ctx) {
      const directory = await ctx.freshDirectory()
      let log = await ctx.open({ directory })
      const { limits } = log.capabilities
      const value = ctx.random.bytes(Math.min(65_536, limits.valueBytes))
      const perRound = Math.min(8, limits.batchSlots, Math.floor(limits.batchBytes / (2 * value.length)))
      const perPart = Math.ceil(PART_BYTES / (perRound * value.length))
      const rounds = async (from: number, count: number): Promise<void> => {
        for (let round = from; round < from + count; round++) {
          const first = round * perRound
          await log.learnAll(Array.from({ length: perRound }, (_, at) => proposal(first + at, 1, value)))
          await log.compact({ before: first + perRound, withoutCheckpoint: true })
        }
      }
      await rounds(0, 2)
      log = await ctx.reopen(log)
      const sizes = [await bytesBelow(directory)]
      // What an engine keeps to reuse, and how much it gives back at a time, is its own affair, as long as it is bounded.
      for (let part = 0; part < MOST_PARTS && isGrowing(sizes); part++) {
        await rounds(2 + part * perPart, perPart)
        log = await ctx.reopen(log)
        sizes.push(await bytesBelow(directory))
      }
      expect(isGrowing(sizes), `it grew for ever: ${sizes.join(', ')} bytes`).to.equal(false)
    },
  },
  {
    id: 'trim.other-stores-stay',
    title: 'leaves configuration, checkpoints and the promise alone',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 4))
      await log.configuration.store('members', { version: 3, value: bytes('a b c') })
      await log.checkpoints.store(4, bytes('state at 4'))
      await log.promise(ballot(2))
      await log.compact({ before: 4 })
      log = await ctx.reopen(log)
      expect(text((await log.configuration.load('members'))?.value)).to.equal('a b c')
      expect((await log.checkpoints.latest())?.slot).to.equal(4)
      expect(log.promised()).to.deep.equal(ballot(2))
    },
  },
  {
    id: 'trim.retain-edges',
    title:
      'judges by the point that it moves to: what retain keeps may have gaps, and may reach behind the end',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 2, 3, 5, 6].map((slot) => proposal(slot)))
      await ctx.unchanged(log, async () => {
        expect((await log.compact({ before: 6, retain: 6 })).compactedBefore).to.equal(0)
        expect((await log.compact({ before: 3, retain: 100 })).compactedBefore).to.equal(0)
        await rejects(log.compact({ before: 7, retain: 2, withoutCheckpoint: true }), 'PLOG_GAP', { slot: 4 })
      })
      const report = await log.compact({ before: 7, retain: 4, withoutCheckpoint: true })
      expect(report).to.include({ compactedBefore: 3, removed: 3 })
      expect(await log.compact({ before: 7, retain: 4 })).to.include({ compactedBefore: 3, removed: 0 })
      await log.compact({ before: 50, retain: 46, withoutCheckpoint: true })
      expect(await slotsOf(log.decisions())).to.deep.equal([5, 6])
      await log.compact({ before: 50, retain: 5, acrossGaps: true, withoutCheckpoint: true })
      expect(log.bounds()).to.include({ compactedBefore: 45, nextSlot: 45, contiguousTo: 45 })
    },
  },
]
