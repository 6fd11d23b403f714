import { expect } from 'chai'
import { MAX_SLOT, recover, type StateMachine } from '@persistent-log/core'
import { rejects } from '../running/assertions.js'
import { collect, slotsOf } from '../running/dump.js'
import { ballot, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

async function gapsOf(
  log: { gaps(range?: object): AsyncIterable<{ from: number; to: number }> },
  range?: object,
) {
  const found: [number, number][] = []
  for await (const { from, to } of log.gaps(range)) found.push([from, to])
  return found
}

/** Slots, their order, and the gaps between them. */
export const orderCases: readonly Case[] = [
  {
    id: 'order.in-order',
    title: 'scans what was stored in order, in order',
    async run(ctx) {
      const log = await ctx.open()
      for (let slot = 0; slot < 20; slot++) await log.learn(proposal(slot))
      const entries = await collect(log.decisions())
      expect(entries.map(({ slot }) => slot)).to.deep.equal(Array.from({ length: 20 }, (_, at) => at))
      expect(entries.map(({ value }) => text(value))).to.deep.equal(
        Array.from({ length: 20 }, (_, at) => `value ${at}.1`),
      )
    },
  },
  {
    id: 'order.reverse-insert-sorted-read',
    title: 'scans in slot order what was stored in reverse',
    async run(ctx) {
      const log = await ctx.open()
      for (let slot = 9; slot >= 0; slot--) await log.learn(proposal(slot))
      expect(await slotsOf(log.decisions())).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(log.bounds()).to.include({ contiguousTo: 10, lowest: 0, highest: 9 })
    },
  },
  {
    id: 'order.random-1000',
    title: 'scans 1,000 slots stored in random order, in slot order',
    async run(ctx) {
      const log = await ctx.open()
      const shuffled = ctx.random.shuffled(proposals(0, 1_000))
      await Promise.all(shuffled.map((decision) => log.learn(decision)))
      expect(await slotsOf(log.decisions())).to.deep.equal(Array.from({ length: 1_000 }, (_, at) => at))
      expect(log.bounds()).to.include({ committedCount: 1_000, contiguousTo: 1_000, missingCount: 0 })
    },
  },
  {
    id: 'order.numeric-not-lexicographic',
    title: 'orders slots as numbers, also across byte and decimal boundaries',
    async run(ctx) {
      const log = await ctx.open()
      const slots = [
        1,
        2,
        9,
        10,
        99,
        100,
        255,
        256,
        257,
        65_535,
        65_536,
        2 ** 24,
        2 ** 32 - 1,
        2 ** 32,
        2 ** 40,
      ]
      await log.learnAll(ctx.random.shuffled(slots).map((slot) => proposal(slot)))
      expect(await slotsOf(log.decisions())).to.deep.equal(slots)
      expect(await slotsOf(log.decisions({ from: 10, to: 256 }))).to.deep.equal([10, 99, 100, 255])
    },
  },
  {
    id: 'order.gap-is-undefined',
    title: 'reads a gap as undecided',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([proposal(0), proposal(2)])
      expect(await log.read(1)).to.equal(undefined)
      expect(log.bounds()).to.include({ contiguousTo: 1, nextSlot: 3, missingCount: 1 })
    },
  },
  {
    id: 'order.gap-skipped-in-iteration',
    title: 'skips gaps in scans and lists them in gaps()',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([1, 2, 5, 9].map((slot) => proposal(slot)))
      await log.accept(proposal(6))
      expect(await slotsOf(log.decisions())).to.deep.equal([1, 2, 5, 9])
      expect(await gapsOf(log)).to.deep.equal([
        [0, 1],
        [3, 5],
        [6, 9],
      ])
      expect(await gapsOf(log, { from: 4, to: 8 })).to.deep.equal([
        [4, 5],
        [6, 8],
      ])
      expect(await gapsOf(log, { from: 1, to: 3 })).to.deep.equal([])
    },
  },
  {
    id: 'order.gap-filled-later',
    title: 'moves contiguousTo when a gap is filled',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 3, 4, 6].map((slot) => proposal(slot)))
      expect(log.bounds().contiguousTo).to.equal(2)
      await log.learn(proposal(2))
      expect(log.bounds().contiguousTo).to.equal(5)
      await log.accept(proposal(5))
      expect(log.bounds().contiguousTo, 'accepted is not decided').to.equal(5)
      await log.commit({ slot: 5, ballot: ballot(1) })
      expect(log.bounds()).to.include({ contiguousTo: 7, missingCount: 0 })
      expect(await slotsOf(log.decisions())).to.deep.equal([0, 1, 2, 3, 4, 5, 6])
    },
  },
  {
    id: 'order.first-last-with-gaps',
    title: 'knows the lowest and the highest decided slot',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(1))
      await log.accept(proposal(30))
      expect(log.bounds().lowest).to.equal(undefined)
      expect(log.bounds().highest).to.equal(undefined)
      await log.learnAll([proposal(20), proposal(10)])
      expect(log.bounds()).to.include({ lowest: 10, highest: 20, nextSlot: 31 })
    },
  },
  {
    id: 'order.slot-zero-is-valid',
    title: 'treats slot 0 as a slot like any other',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 0, 'zero', 0))
      expect(log.bounds()).to.include({ acceptedCount: 1, nextSlot: 1, contiguousTo: 0 })
      await log.commit({ slot: 0, ballot: ballot(0, 0) })
      expect(text((await log.read(0))?.value)).to.equal('zero')
      expect(log.bounds()).to.include({ lowest: 0, highest: 0, contiguousTo: 1 })
      expect(await slotsOf(log.decisions({ from: 0, to: 0 }))).to.deep.equal([])
      expect(await slotsOf(log.decisions({ from: 0, to: 1 }))).to.deep.equal([0])
      await log.learn(proposal(1))
      expect(await slotsOf(log.decisions({ to: 1 }))).to.deep.equal([0])
    },
  },
  {
    id: 'order.ballot-zero-is-valid',
    title: 'treats the ballot 0.0 as a ballot like any other',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(0, 0))
      expect(log.promised()).to.deep.equal(ballot(0, 0))
      await log.accept(proposal(4, 0))
      expect((await log.readAccepted(4))?.ballot).to.deep.equal(ballot(0, 0))
    },
  },
  {
    id: 'order.start-above-zero',
    title: 'starts at its first slot and counts contiguousTo from there',
    async run(ctx) {
      const log = await ctx.open({ firstSlot: 1 })
      expect(log.bounds()).to.include({ compactedBefore: 1, contiguousTo: 1, nextSlot: 1, missingCount: 0 })
      await log.learnAll(proposals(1, 3))
      expect(log.bounds()).to.include({ contiguousTo: 4, nextSlot: 4, missingCount: 0, lowest: 1 })
      expect(await slotsOf(log.decisions())).to.deep.equal([1, 2, 3])
      expect(await gapsOf(log)).to.deep.equal([])
    },
  },
  {
    id: 'order.start-above-zero-after-reopen',
    title: 'keeps its first slot after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open({ firstSlot: 100 })
      await log.learn(proposal(101))
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ compactedBefore: 100, contiguousTo: 100, missingCount: 1 })
      await log.learn(proposal(100))
      expect(log.bounds().contiguousTo).to.equal(102)
    },
  },
  {
    id: 'order.sparse-far-apart',
    title: 'holds slots that lie 2^52 apart, without memory or time for the gap',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([proposal(0), proposal(2 ** 52), proposal(MAX_SLOT)])
      expect(await slotsOf(log.decisions())).to.deep.equal([0, 2 ** 52, MAX_SLOT])
      expect(await gapsOf(log)).to.deep.equal([
        [1, 2 ** 52],
        [2 ** 52 + 1, MAX_SLOT],
      ])
      expect(log.bounds().missingCount).to.equal(MAX_SLOT + 1 - 3)
    },
  },
  {
    id: 'order.next-slot-falls-with-discard',
    title: 'lets nextSlot fall when the highest proposals are discarded, never below the point',
    async run(ctx) {
      const log = await ctx.open({ firstSlot: 2 })
      await log.learn(proposal(3))
      await log.acceptAll(proposals(5, 3))
      expect(log.bounds()).to.include({ nextSlot: 8, missingCount: 2 })
      await log.discard({ from: 4 })
      expect(log.bounds()).to.include({ nextSlot: 4, missingCount: 1 })
    },
  },
  {
    id: 'order.first-slot-of-empty-log',
    title: 'stands at its first slot while it is empty: bounds, gaps, scans, recovery',
    async run(ctx) {
      const log = await ctx.open({ firstSlot: 7 })
      expect(log.firstSlot).to.equal(7)
      expect(log.bounds()).to.include({ compactedBefore: 7, contiguousTo: 7, nextSlot: 7, missingCount: 0 })
      expect(await gapsOf(log)).to.deep.equal([])
      expect(await gapsOf(log, { to: 9 })).to.deep.equal([[7, 9]])
      await rejects(gapsOf(log, { from: 6 }), 'PLOG_COMPACTED')
      await rejects(slotsOf(log.decisions({ from: 6 })), 'PLOG_COMPACTED')
      const applied: number[] = []
      const machine: StateMachine = {
        restore: () => expect.fail('there is no checkpoint'),
        apply: (decisions) => void applied.push(...decisions.map(({ slot }) => slot)),
      }
      expect(await recover(log, machine)).to.include({ from: 7, to: 7, replayed: 0, stoppedBy: undefined })
      await log.learnAll([7, 8, 10].map((slot) => proposal(slot)))
      expect(await gapsOf(log)).to.deep.equal([[9, 10]])
      expect(await recover(log, machine)).to.include({ from: 7, to: 9, replayed: 2, stoppedBy: 'gap' })
      expect(applied).to.deep.equal([7, 8])
    },
  },
]
