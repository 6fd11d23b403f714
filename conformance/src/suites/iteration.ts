import { expect } from 'chai'
import { rejects, started } from '../running/assertions.js'
import { inBatches, learnMany } from '../running/batches.js'
import { collect, slotsOf } from '../running/dump.js'
import { Unproven } from '../running/unproven.js'
import { ballot, proposal, proposals, text } from '../running/values.js'
import type { Case } from './case.js'

/** Scans. */
export const iterationCases: readonly Case[] = [
  {
    id: 'iter.all',
    title: 'yields every decision once',
    async run(ctx) {
      const log = await ctx.open()
      await learnMany(log, proposals(0, 700))
      expect(await slotsOf(log.decisions())).to.deep.equal(Array.from({ length: 700 }, (_, at) => at))
    },
  },
  {
    id: 'iter.half-open',
    title: 'includes from and excludes to',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      expect(await slotsOf(log.decisions({ from: 3, to: 6 }))).to.deep.equal([3, 4, 5])
      expect(await slotsOf(log.decisions({ from: 8 }))).to.deep.equal([8, 9])
      expect(await slotsOf(log.decisions({ to: 2 }))).to.deep.equal([0, 1])
      expect(await slotsOf(log.decisions({ from: 4, to: 4 }))).to.deep.equal([])
    },
  },
  {
    id: 'iter.from-above-to-empty',
    title: 'yields nothing when from lies above to',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      expect(await slotsOf(log.decisions({ from: 7, to: 3 }))).to.deep.equal([])
    },
  },
  {
    id: 'iter.start-in-gap',
    title: 'starts and ends in gaps',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 5, 6, 20].map((slot) => proposal(slot)))
      expect(await slotsOf(log.decisions({ from: 2, to: 15 }))).to.deep.equal([5, 6])
      expect(await slotsOf(log.decisions({ from: 7, to: 20 }))).to.deep.equal([])
    },
  },
  {
    id: 'iter.beyond-last-empty',
    title: 'yields nothing behind the last slot',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      expect(await slotsOf(log.decisions({ from: 3 }))).to.deep.equal([])
      expect(await slotsOf(log.decisions({ from: 1_000_000 }))).to.deep.equal([])
      expect(await slotsOf(log.decisions({ from: 2, to: Number.MAX_SAFE_INTEGER }))).to.deep.equal([2])
    },
  },
  {
    id: 'iter.batches-cover-all',
    title: 'hands out batches of at most the length asked for, at least one entry each, then undefined',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      for (const batchLength of [1, 3, 10, 11, 65_536]) {
        const scan = log.decisions({}, { batchLength })
        const slots: number[] = []
        for (let batch = await scan.nextBatch(); batch; batch = await scan.nextBatch()) {
          expect(batch.length).to.be.within(1, batchLength)
          slots.push(...batch.map(({ slot }) => slot))
        }
        expect(slots).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        expect(await scan.nextBatch(), 'the end stays the end').to.equal(undefined)
      }
    },
  },
  {
    id: 'iter.break-early-releases',
    title: 'lets go when the loop is left early, by break or by an error',
    async run(ctx) {
      const log = await ctx.open()
      await learnMany(log, proposals(0, 600))
      for await (const { slot } of log.decisions()) if (slot === 3) break
      const thrown = await (async () => {
        for await (const entry of log.decisions()) throw new Error(`stop at ${entry.slot}`)
      })().catch((error: unknown) => (error as Error).message)
      expect(thrown).to.equal('stop at 0')
      await log.compact({ before: 600, withoutCheckpoint: true })
      await log.learn(proposal(600))
      await log.close()
      expect(log.status.state).to.equal('closed')
    },
  },
  {
    id: 'iter.upper-bound-frozen',
    title: 'does not see what is stored behind its end after the call',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      const scan = log.decisions({}, { batchLength: 1, includeAccepted: true })
      const first = await scan.nextBatch()
      await log.learnAll(proposals(3, 3))
      await log.accept(proposal(9))
      const rest = await collect(scan)
      expect([...first!, ...rest].map(({ slot }) => slot)).to.deep.equal([0, 1, 2])
    },
  },
  {
    id: 'iter.frozen-before-first-pull',
    title: 'freezes its end at the call, not at the first pull',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 2))
      const scan = log.decisions()
      await log.learn(proposal(2))
      expect(await slotsOf(scan)).to.deep.equal([0, 1])
    },
  },
  {
    id: 'iter.judges-when-reached',
    title: 'judges each slot once, as what it is when the scan reaches it',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 4))
      const scan = log.decisions({}, { batchLength: 1, includeAccepted: true })
      const first = await scan.nextBatch()
      await log.commitAll([0, 1, 2].map((slot) => ({ slot, ballot: ballot(1) })))
      await log.discard({ from: 3 })
      const rest = await collect(scan)
      expect([...first!, ...rest].map(({ slot, status }) => `${slot} ${status}`)).to.deep.equal([
        '0 accepted',
        '1 decided',
        '2 decided',
      ])
    },
  },
  {
    id: 'iter.phase1-finds-each-slot-once',
    title: 'finds every slot exactly once while slots are being committed',
    async run(ctx) {
      const log = await ctx.open()
      const slots = 120
      await inBatches(log, proposals(0, slots), (batch) => log.acceptAll(batch))
      const coming = ctx.random.shuffled(Array.from({ length: slots }, (_, at) => at)).slice(0, 72)
      const scan = log.decisions({}, { includeAccepted: true, batchLength: 7 })
      const seen: number[] = []
      const commits: Promise<void>[] = []
      let decided = 0
      for (let batch = await scan.nextBatch(); batch; batch = await scan.nextBatch()) {
        seen.push(...batch.map(({ slot }) => slot))
        decided += batch.filter(({ status }) => status === 'decided').length
        // Of four, two are decided when the next batch is asked for, and two are under way.
        const made = coming.splice(0, 4).map((slot) => started(log.commit({ slot, ballot: ballot(1) })))
        await Promise.all(made.slice(0, 2))
        commits.push(...made)
      }
      await Promise.all(commits)
      expect(seen).to.deep.equal(Array.from({ length: slots }, (_, at) => at))
      if (decided === 0) throw new Unproven('the scan met no slot that was committed while it ran')
    },
  },
  {
    id: 'iter.concurrent-two',
    title: 'runs two scans side by side',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 20))
      const one = log.decisions({}, { batchLength: 3 })
      const other = log.decisions({ from: 10 }, { batchLength: 4 })
      const slots: number[][] = [[], []]
      for (;;) {
        const batches = [await one.nextBatch(), await other.nextBatch()]
        batches.forEach((batch, at) => slots[at]!.push(...(batch ?? []).map(({ slot }) => slot)))
        if (batches.every((batch) => batch === undefined)) break
      }
      expect(slots[0]).to.deep.equal(Array.from({ length: 20 }, (_, at) => at))
      expect(slots[1]).to.deep.equal(Array.from({ length: 10 }, (_, at) => 10 + at))
    },
  },
  {
    id: 'iter.overtaken-by-compaction-rejects',
    title: 'rejects when a compaction takes what it had still to yield; it never skips it',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      const scan = log.decisions({}, { batchLength: 2 })
      expect((await scan.nextBatch())?.map(({ slot }) => slot)).to.deep.equal([0, 1])
      await log.compact({ before: 6, withoutCheckpoint: true })
      await rejects(scan.nextBatch(), 'PLOG_COMPACTED', { compactedBefore: 6 })
      const fresh = log.decisions({}, { batchLength: 2 })
      expect((await fresh.nextBatch())?.map(({ slot }) => slot)).to.deep.equal([6, 7])
      await log.compact({ before: 8, withoutCheckpoint: true })
      expect(
        (await fresh.nextBatch())?.map(({ slot }) => slot),
        'only yielded slots went',
      ).to.deep.equal([8, 9])
    },
  },
  {
    id: 'iter.finished-is-not-overtaken',
    title: 'ends when it has yielded everything, although a compaction took it all since',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 4))
      const scan = log.decisions({ to: 3 }, { batchLength: 3 })
      expect((await scan.nextBatch())?.map(({ slot }) => slot)).to.deep.equal([0, 1, 2])
      await log.compact({ before: 4, withoutCheckpoint: true })
      await log.learn(proposal(4))
      expect(await scan.nextBatch()).to.equal(undefined)
    },
  },
  {
    id: 'iter.overtaken-by-close-rejects',
    title: 'rejects when the log is closed under it; it never just ends',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      const scan = log.decisions({}, { batchLength: 2 })
      await scan.nextBatch()
      await log.close()
      await rejects(scan.nextBatch(), 'PLOG_NOT_OPEN')
      await rejects(() => collect(log.decisions()), 'PLOG_NOT_OPEN')
    },
  },
  {
    id: 'iter.explicit-from-below-point-rejects',
    title: 'refuses a start below the point, and starts at the point when none is given',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 5))
      await log.compact({ before: 2, withoutCheckpoint: true })
      await rejects(() => collect(log.decisions({ from: 1 })), 'PLOG_COMPACTED', { compactedBefore: 2 })
      await rejects(() => collect(log.uncommitted({ from: 0, to: 5 })), 'PLOG_COMPACTED')
      expect(await slotsOf(log.decisions())).to.deep.equal([2, 3, 4])
      expect(await slotsOf(log.decisions({ from: 2 }))).to.deep.equal([2, 3, 4])
    },
  },
  {
    id: 'iter.never-blocks-compaction',
    title: 'does not hold a compaction up while it stands still',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 5))
      const scan = log.decisions({}, { batchLength: 1 })
      await scan.nextBatch()
      expect((await log.compact({ before: 5, withoutCheckpoint: true })).compactedBefore).to.equal(5)
    },
  },
  {
    id: 'iter.values-safe-to-keep',
    title: 'yields values that stay right after the scan went on, and the log was written to',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 50))
      const kept = await collect(log.decisions({}, { batchLength: 5 }))
      await log.learnAll(proposals(50, 50))
      await log.compact({ before: 60, withoutCheckpoint: true })
      expect(kept.map(({ value }) => text(value))).to.deep.equal(kept.map(({ slot }) => `value ${slot}.1`))
    },
  },
  {
    id: 'iter.gaps-below-point-rejects',
    title: 'refuses gaps from below the point',
    async run(ctx) {
      const log = await ctx.open({ firstSlot: 5 })
      await log.learn(proposal(7))
      const all = async (range: object): Promise<string[]> => {
        const found: string[] = []
        for await (const { from, to } of log.gaps(range)) found.push(`${from}-${to}`)
        return found
      }
      await rejects(() => all({ from: 4 }), 'PLOG_COMPACTED')
      expect(await all({})).to.deep.equal(['5-7'])
      expect(await all({ from: 6, to: 12 })).to.deep.equal(['6-7', '8-12'])
    },
  },
]
