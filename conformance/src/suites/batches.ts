import { expect } from 'chai'
import type { Decision, Proposal } from '@persistent-log/core'
import { rejects, rejectsArgument, started } from '../running/assertions.js'
import { mostShortItems } from '../running/batches.js'
import { collect, slotsOf } from '../running/dump.js'
import { ballot, patterned, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

const ids = (from: number, count: number, round = 1) =>
  proposals(from, count, round).map(({ slot, ballot: of }) => ({ slot, ballot: of }))

/** Batches: all or nothing, shown at once. */
export const batchCases: readonly Case[] = [
  {
    id: 'batch.all-visible',
    title: 'stores, decides and learns whole batches',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 30))
      expect(log.bounds().acceptedCount).to.equal(30)
      await log.commitAll(ids(0, 20))
      await log.learnAll(proposals(20, 20, 5))
      expect(log.bounds()).to.include({ committedCount: 40, acceptedCount: 0, contiguousTo: 40 })
      expect(text((await log.read(39))?.value)).to.equal('value 39.5')
    },
  },
  {
    id: 'batch.empty-noop',
    title: 'takes an empty batch as done',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0))
      await ctx.unchanged(log, async () => {
        await log.acceptAll([])
        await log.commitAll([])
        await log.learnAll([])
      })
    },
  },
  {
    id: 'batch.order-free',
    title: 'takes slots in any order within a batch',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(ctx.random.shuffled(proposals(0, 40)))
      await log.commitAll(ctx.random.shuffled(ids(0, 40)))
      const entries = await collect(log.decisions())
      expect(entries.map(({ value }) => text(value))).to.deep.equal(
        proposals(0, 40).map(({ value }) => text(value)),
      )
    },
  },
  {
    id: 'batch.slot-twice-rejected',
    title: 'refuses a batch that names a slot twice, whatever the values',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(5))
      await ctx.unchanged(log, async () => {
        await rejectsArgument(
          () => log.acceptAll([proposal(1), proposal(2), proposal(1, 2)]),
          'TypeError',
          'slot',
        )
        await rejectsArgument(() => log.learnAll([proposal(1), proposal(1)]), 'TypeError', 'slot')
        const id = { slot: 5, ballot: ballot(1) }
        await rejectsArgument(() => log.commitAll([id, id]), 'TypeError', 'slot')
      })
    },
  },
  {
    id: 'batch.one-bad-rejects-all',
    title: 'stores nothing of a batch of which one item is refused, and names its place',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learn(proposal(7, 1, 'decided'))
      await log.accept(proposal(8, 5))
      await ctx.unchanged(log, async () => {
        const bad = proposal(7, 2, 'other')
        await rejects(log.acceptAll([proposal(1), proposal(2), bad]), 'PLOG_ALREADY_COMMITTED', { index: 2 })
        await rejects(log.learnAll([proposal(1), bad, proposal(2)]), 'PLOG_ALREADY_COMMITTED', { index: 1 })
        await rejects(log.acceptAll([proposal(8, 4), proposal(1)]), 'PLOG_STALE_BALLOT', { index: 0 })
        await rejects(log.commitAll([...ids(8, 1, 5), ...ids(3, 1)]), 'PLOG_NOT_ACCEPTED', { index: 1 })
        await rejects(log.commitAll(ids(8, 1, 4)), 'PLOG_BALLOT_MISMATCH', { index: 0 })
      })
      log = await ctx.reopen(log)
      expect(await slotsOf(log.decisions({}, { includeAccepted: true }))).to.deep.equal([7, 8])
    },
  },
  {
    id: 'batch.first-offender-named',
    title: 'names the first of several offenders',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([proposal(1), proposal(2)])
      const batch = [proposal(0), proposal(2, 1, 'other'), proposal(1, 1, 'other')]
      await ctx.unchanged(log, () =>
        rejects(log.learnAll(batch), 'PLOG_ALREADY_COMMITTED', { index: 1, slot: 2 }),
      )
    },
  },
  {
    id: 'batch.noops-inside',
    title: 'mixes repeated and new items',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(1))
      await log.accept(proposal(2))
      await log.acceptAll(proposals(0, 4))
      expect(log.bounds()).to.include({ committedCount: 1, acceptedCount: 3 })
      await log.commitAll(ids(0, 4))
      await log.learnAll(proposals(0, 6))
      expect(log.bounds()).to.include({ committedCount: 6, acceptedCount: 0 })
    },
  },
  {
    id: 'batch.shown-at-once',
    title: 'shows all of a batch or nothing to whoever looks meanwhile',
    async run(ctx) {
      const log = await ctx.open()
      let finished = false
      const count = mostShortItems(log, 500)
      const writing = started(log.learnAll(proposals(0, count)).finally(() => (finished = true)))
      const seen = new Set<number>()
      while (!finished) {
        seen.add(log.bounds().committedCount)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await writing
      seen.add(log.bounds().committedCount)
      expect([...seen].filter((one) => one !== 0)).to.deep.equal([count])
    },
  },
  {
    id: 'batch.survives-reopen',
    title: 'keeps whole batches after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.acceptAll(proposals(0, 100))
      await log.commitAll(ids(10, 50))
      await log.learnAll(proposals(200, 100))
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ committedCount: 150, acceptedCount: 50, nextSlot: 300 })
    },
  },
  {
    id: 'batch.ten-thousand',
    title: 'takes ten thousand slots, in one batch where the limit allows it',
    requires: needsReopen,
    timeoutMs: 30_000,
    async run(ctx) {
      let log = await ctx.open()
      const { batchSlots, batchBytes } = log.capabilities.limits
      const size = Math.min(10_000, batchSlots, Math.floor(batchBytes / 20))
      for (let from = 0; from < 10_000; from += size)
        await log.learnAll(proposals(from, Math.min(size, 10_000 - from)))
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ committedCount: 10_000, contiguousTo: 10_000 })
      let next = 0
      for await (const { slot, value } of log.decisions()) {
        if (slot !== next++ || text(value) !== `value ${slot}.1`)
          expect.fail(`slot ${slot} holds ${text(value)}`)
      }
      expect(next).to.equal(10_000)
    },
  },
  {
    id: 'batch.mixed-sizes',
    title: 'keeps long and short values of a batch apart',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      const batch = [0, 1, 4_095, 4_096, 4_097, 70_000, 3].map((length, slot) =>
        proposal(slot, 1, patterned(Math.min(length, log.capabilities.limits.valueBytes), slot)),
      )
      await log.learnAll(batch)
      log = await ctx.reopen(log)
      for (const { slot, value } of batch) {
        expect(Buffer.compare((await log.read(slot))!.value, value), `slot ${slot}`).to.equal(0)
      }
    },
  },
  {
    id: 'batch.hole-named',
    title: 'refuses a batch with a hole in it as a mistake, and names its place',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0))
      const holed: (Proposal & Decision)[] = [proposal(0)]
      holed[2] = proposal(2)
      await ctx.unchanged(log, async () => {
        await rejectsArgument(() => log.acceptAll(holed), 'TypeError', 'proposals[1]')
        await rejectsArgument(() => log.acceptAll(holed, { discardFrom: 0 }), 'TypeError', 'proposals[1]')
        await rejectsArgument(() => log.learnAll(holed), 'TypeError', 'decisions[1]')
        await rejectsArgument(() => log.commitAll(holed), 'TypeError', 'ids[1]')
      })
    },
  },
]

/** Accept with conflict truncation: Raft's append. */
export const discardFromCases: readonly Case[] = [
  {
    id: 'append.discards-and-stores',
    title: 'drops every undecided slot from discardFrom on and stores the batch',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open({ firstSlot: 1 })
      await log.acceptAll(proposals(1, 8, 3))
      await log.acceptAll([proposal(4, 2, 'new 4'), proposal(5, 2, 'new 5')], { discardFrom: 4 })
      for (let round = 0; round < 2; round++) {
        const entries = await collect(log.uncommitted())
        expect(entries.map(({ slot, value }) => `${slot} ${text(value)}`)).to.deep.equal([
          '1 value 1.3',
          '2 value 2.3',
          '3 value 3.3',
          '4 new 4',
          '5 new 5',
        ])
        log = await ctx.reopen(log)
      }
    },
  },
  {
    id: 'append.judged-as-if-discarded',
    title: 'judges its items as if the discard were done: a lower ballot or another value replaces',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 3, 5))
      await rejects(log.acceptAll([proposal(1, 5, 'other')]), 'PLOG_BALLOT_REUSED', { index: 0 })
      await log.acceptAll([proposal(1, 5, 'other'), proposal(2, 4, 'lower')], { discardFrom: 1 })
      expect(text((await log.readAccepted(1))?.value)).to.equal('other')
      expect((await log.readAccepted(2))?.ballot).to.deep.equal(ballot(4))
      await rejects(log.acceptAll([proposal(0, 4)], { discardFrom: 1 }), 'PLOG_STALE_BALLOT', { index: 0 })
    },
  },
  {
    id: 'append.decided-outside-batch-rejects',
    title: 'refuses to pass over a decided slot that is not in the batch, and drops nothing',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 6))
      await log.commit({ slot: 4, ballot: ballot(1) })
      await ctx.unchanged(log, async () => {
        await rejects(log.acceptAll([proposal(2, 2)], { discardFrom: 2 }), 'PLOG_ALREADY_COMMITTED')
        await rejects(log.acceptAll([proposal(4, 2, 'other')], { discardFrom: 4 }), 'PLOG_ALREADY_COMMITTED')
      })
      await log.acceptAll([proposal(4), proposal(5, 2, 'new')], { discardFrom: 3 })
      expect(await slotsOf(log.decisions({}, { includeAccepted: true }))).to.deep.equal([0, 1, 2, 4, 5])
      expect(text((await log.readAccepted(5))?.value)).to.equal('new')
    },
  },
  {
    id: 'append.below-promise-rejected',
    title: 'refuses items below the promise and then drops nothing',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 4, 3))
      await log.promise(ballot(5))
      await ctx.unchanged(log, () =>
        rejects(log.acceptAll([proposal(2, 4)], { discardFrom: 2 }), 'PLOG_STALE_BALLOT', { index: 0 }),
      )
    },
  },
  {
    id: 'append.counted-as-accepts',
    title: 'counts the proposals that it stored as accepts, and not what it dropped',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 5))
      expect(log.metrics().accepts).to.equal(5)
      await log.acceptAll([proposal(3, 2), proposal(4, 2)], { discardFrom: 2 })
      expect(log.metrics().accepts).to.equal(7)
      await log.acceptAll([], { discardFrom: 1 })
      expect(log.metrics().accepts).to.equal(7)
      expect(log.metrics().uncommittedBytes).to.equal('value 0.1'.length)
    },
  },
]
