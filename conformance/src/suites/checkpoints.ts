import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { ballot, bytes, hex, joined, patterned, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

async function* chunked(content: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length)
}

/** Checkpoints, stored here. */
export const checkpointCases: readonly Case[] = [
  {
    id: 'cp.none-at-start',
    title: 'has no checkpoint at the start',
    async run(ctx) {
      const log = await ctx.open()
      expect(await log.checkpoints.latest()).to.equal(undefined)
      expect(await log.checkpoints.nearest(100)).to.equal(undefined)
      expect(await log.checkpoints.list()).to.deep.equal([])
    },
  },
  {
    id: 'cp.store-retrieve',
    title: 'gives a checkpoint back: slot, bytes, digest, ballot, metadata, content',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 5))
      const state = patterned(3_000)
      const stored = await log.checkpoints.store(5, state, { ballot: ballot(1), metadata: bytes('about') })
      const latest = await log.checkpoints.latest()
      expect(latest).to.deep.equal(stored)
      expect(latest).to.deep.include({ slot: 5, bytes: 3_000, digest: digestOf(state), ballot: ballot(1) })
      expect(text(latest?.metadata)).to.equal('about')
      expect(hex(await joined(log.checkpoints.read(5)))).to.equal(hex(state))
      expect((await log.checkpoints.list()).map(({ slot, damaged }) => [slot, damaged])).to.deep.equal([
        [5, false],
      ])
    },
  },
  {
    id: 'cp.streamed',
    title: 'takes a stream of chunks of any length, and of none',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      const state = patterned(200_000, 9)
      const stored = await log.checkpoints.store(2, chunked(state, 7_777))
      expect(stored).to.include({ bytes: 200_000, digest: digestOf(state) })
      expect(hex(await joined(log.checkpoints.read(2)))).to.equal(hex(state))
      await log.checkpoints.store(3, chunked(new Uint8Array(0), 1))
      expect((await joined(log.checkpoints.read(3))).length).to.equal(0)
    },
  },
  {
    id: 'cp.stream-chunks-may-be-reused',
    title: 'copies or writes a chunk before it pulls the next: the producer may reuse its buffer',
    async run(ctx) {
      const log = await ctx.open()
      const buffer = new Uint8Array(1_000)
      async function* reusing(): AsyncGenerator<Uint8Array> {
        for (let round = 0; round < 5; round++) {
          buffer.fill(round)
          yield buffer
        }
      }
      await log.checkpoints.store(0, reusing())
      const read = await joined(log.checkpoints.read(0))
      expect([0, 999, 1_000, 2_500, 4_999].map((at) => read[at])).to.deep.equal([0, 0, 1, 2, 4])
    },
  },
  {
    id: 'cp.failed-stream-leaves-nothing',
    title: "stores nothing when its stream fails, and tells the stream's own error",
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 4))
      await log.checkpoints.store(1, bytes('good'))
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield patterned(100_000)
        throw new Error('the producer gave up')
      }
      const outcome = await log.checkpoints
        .store(3, failing())
        .catch((error: unknown) => (error as Error).message)
      expect(outcome).to.equal('the producer gave up')
      expect((await log.checkpoints.latest())?.slot).to.equal(1)
      log = await ctx.reopen(log)
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([1])
      await log.checkpoints.store(3, bytes('second attempt'))
      expect(text(await joined(log.checkpoints.read(3)))).to.equal('second attempt')
    },
  },
  {
    id: 'cp.caller-buffer-mutated-after-store',
    title: 'copies state and metadata before the call returns',
    async run(ctx) {
      const log = await ctx.open()
      const state = bytes('state')
      const metadata = bytes('meta')
      const storing = log.checkpoints.store(0, state, { metadata })
      state.fill(0)
      metadata.fill(0)
      const info = await storing
      expect(text(await joined(log.checkpoints.read(0)))).to.equal('state')
      expect(text(info.metadata)).to.equal('meta')
      expect(text((await log.checkpoints.latest())?.metadata)).to.equal('meta')
    },
  },
  {
    id: 'cp.older-refused',
    title: 'refuses a checkpoint older than the newest',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      await log.checkpoints.store(4, bytes('four'))
      await ctx.unchanged(log, () =>
        rejects(log.checkpoints.store(3, bytes('three')), 'PLOG_STALE_CHECKPOINT'),
      )
      expect(text(await joined(log.checkpoints.read(4)))).to.equal('four')
    },
  },
  {
    id: 'cp.same-slot-same-content-noop',
    title: 'takes the same content at the same slot again, and refuses another',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      await log.checkpoints.store(4, bytes('four'))
      await ctx.unchanged(log, async () => {
        await log.checkpoints.store(4, bytes('four'))
        await log.checkpoints.store(4, chunked(bytes('four'), 3))
        await rejects(log.checkpoints.store(4, bytes('FOUR')), 'PLOG_STALE_CHECKPOINT')
        await rejects(log.checkpoints.store(4, bytes('four!')), 'PLOG_STALE_CHECKPOINT')
      })
      expect(text(await joined(log.checkpoints.read(4)))).to.equal('four')
    },
  },
  {
    id: 'cp.ahead-refused',
    title: 'refuses a checkpoint beyond the contiguous decisions, unless the gaps are declared passed',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 3].map((slot) => proposal(slot)))
      await log.accept(proposal(2))
      await ctx.unchanged(log, async () => {
        for (const slot of [3, 4, 9]) {
          await rejects(log.checkpoints.store(slot, bytes('ahead')), 'PLOG_CHECKPOINT_AHEAD', {
            contiguousTo: 2,
          })
        }
      })
      await log.checkpoints.store(2, bytes('exactly'))
      await log.checkpoints.store(4, bytes('across'), { acrossGaps: true })
      expect((await log.checkpoints.latest())?.slot).to.equal(4)
      expect(await slotsOf(log.uncommitted()), 'the log itself stays').to.deep.equal([2])
    },
  },
  {
    id: 'cp.nearest',
    title: 'finds the newest checkpoint at or below a slot',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      for (const slot of [2, 5, 9]) await log.checkpoints.store(slot, bytes(`at ${slot}`))
      const nearest = async (slot: number) => (await log.checkpoints.nearest(slot))?.slot
      expect(await Promise.all([1, 2, 4, 5, 8, 9, 1_000].map(nearest))).to.deep.equal([
        undefined,
        2,
        2,
        5,
        5,
        9,
        9,
      ])
      expect(text(await joined(log.checkpoints.read(5)))).to.equal('at 5')
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([2, 5, 9])
    },
  },
  {
    id: 'cp.survives-reopen',
    title: 'keeps its checkpoints, all of them, after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 4))
      const state = patterned(100_000)
      await log.checkpoints.store(2, bytes('two'))
      const stored = await log.checkpoints.store(4, state, { ballot: ballot(1, 2), metadata: bytes('m') })
      log = await ctx.reopen(log)
      expect(await log.checkpoints.latest()).to.deep.equal(stored)
      expect(hex(await joined(log.checkpoints.read(4)))).to.equal(hex(state))
      expect(text(await joined(log.checkpoints.read(2)))).to.equal('two')
    },
  },
  {
    id: 'cp.empty-state',
    title: 'keeps an empty state apart from no state',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.checkpoints.store(0, new Uint8Array(0))
      log = await ctx.reopen(log)
      expect(await log.checkpoints.latest()).to.include({
        slot: 0,
        bytes: 0,
        digest: digestOf(new Uint8Array(0)),
      })
      expect((await joined(log.checkpoints.read(0))).length).to.equal(0)
    },
  },
  {
    id: 'cp.large-16MiB',
    title: 'holds a state of 16 MiB',
    requires: needsReopen,
    timeoutMs: 30_000,
    async run(ctx) {
      let log = await ctx.open()
      const piece = ctx.random.bytes(65_536)
      const hash = createHash('sha256')
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < 256; at++) {
          piece[0] = at
          hash.update(piece)
          yield piece
        }
      }
      const stored = await log.checkpoints.store(0, pieces())
      const digest = hash.digest('hex')
      expect(stored).to.include({ bytes: 2 ** 24, digest })
      log = await ctx.reopen(log)
      const read = createHash('sha256')
      for await (const chunk of log.checkpoints.read(0)) read.update(chunk)
      expect(read.digest('hex')).to.equal(digest)
    },
  },
  {
    id: 'cp.retention',
    title: 'keeps as many as it is told to, and never removes the last one',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      for (const slot of [1, 2, 3, 4]) await log.checkpoints.store(slot, bytes(`at ${slot}`))
      expect(await log.checkpoints.prune({ keep: 2 })).to.deep.equal({ removed: 2 })
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([3, 4])
      expect(await log.checkpoints.prune({ keep: 5 })).to.deep.equal({ removed: 0 })
      log = await ctx.reopen(log)
      await log.checkpoints.prune({ keep: 1 })
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([4])
      expect(text(await joined(log.checkpoints.read(4)))).to.equal('at 4')
      await rejects(log.checkpoints.store(3, bytes('older again')), 'PLOG_STALE_CHECKPOINT')
    },
  },
  {
    id: 'cp.then-compact-then-replay',
    title: 'is followed by exactly the decisions from its slot on',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 9))
      await log.checkpoints.store(6, bytes('0 to 5'))
      await log.compact({ before: 6 })
      log = await ctx.reopen(log)
      const latest = await log.checkpoints.latest()
      expect(latest?.slot).to.equal(6)
      expect(await slotsOf(log.decisions({ from: latest!.slot }))).to.deep.equal([6, 7, 8])
      expect(log.bounds().compactedBefore, 'nothing between checkpoint and log').to.be.at.most(latest!.slot)
    },
  },
  {
    id: 'cp.below-point-refused',
    title: 'refuses a checkpoint below the point',
    async run(ctx) {
      const log = await ctx.open({ firstSlot: 10 })
      await ctx.unchanged(log, () => rejects(log.checkpoints.store(9, bytes('gone')), 'PLOG_COMPACTED'))
      await log.checkpoints.store(10, bytes('at the point'))
      expect((await log.checkpoints.latest())?.slot).to.equal(10)
    },
  },
]
