import { expect } from 'chai'
import { MAX_SLOT } from '@persistent-log/core'
import { rejects, rejectsArgument } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { ballot, bytes, hex, patterned, proposal } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

const PAGE_BYTES = 4_096

/** A slot is stored, found by read and scan, and found again after reopening. */
function holdsSlot(slot: number, id: string): Case {
  return {
    id,
    title: `holds slot ${slot}`,
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll([proposal(slot - 1), proposal(slot)])
      log = await ctx.reopen(log)
      expect((await log.read(slot))?.slot).to.equal(slot)
      expect(await slotsOf(log.decisions())).to.deep.equal([slot - 1, slot])
      expect(await slotsOf(log.decisions({ from: slot, to: slot + 1 }))).to.deep.equal([slot])
      expect(log.bounds()).to.include({ nextSlot: slot + 1, highest: slot, committedCount: 2 })
    },
  }
}

/** A number that is no slot. */
function refusesSlot(slot: unknown, id: string): Case {
  return {
    id,
    title: `refuses ${typeof slot === 'bigint' ? `${slot}n` : String(slot)} as a slot in every call`,
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      const wrong = slot as number
      await ctx.unchanged(log, async () => {
        await rejectsArgument(() => log.accept(proposal(wrong, 1, 'x')), 'RangeError', 'slot')
        await rejectsArgument(() => log.learn(proposal(wrong, 1, 'x')), 'RangeError', 'slot')
        await rejectsArgument(() => log.commit({ slot: wrong, ballot: ballot(1) }), 'RangeError', 'slot')
        await rejectsArgument(
          () => log.acceptAll([proposal(1), proposal(wrong, 1, 'x')]),
          'RangeError',
          'slot',
        )
        await rejectsArgument(() => log.read(wrong), 'RangeError', 'slot')
        await rejectsArgument(() => log.readAccepted(wrong), 'RangeError', 'slot')
      })
    },
  }
}

function holdsValue(length: number, id: string): Case {
  return {
    id,
    title: `holds a value of ${length} bytes`,
    requires: (capabilities) =>
      capabilities.limits.valueBytes < length
        ? `a value may have at most ${capabilities.limits.valueBytes} bytes`
        : needsReopen(capabilities),
    timeoutMs: 30_000,
    async run(ctx) {
      let log = await ctx.open()
      const value = patterned(length, 3)
      await log.learn(proposal(1, 1, value))
      await log.accept(proposal(2, 1, value))
      await log.learn(proposal(3, 1, 'behind it'))
      log = await ctx.reopen(log)
      expect(Buffer.compare((await log.read(1))!.value, value)).to.equal(0)
      expect(Buffer.compare((await log.readAccepted(2))!.value, value)).to.equal(0)
      expect(hex((await log.read(3))!.value)).to.equal(hex(bytes('behind it')))
    },
  }
}

/** The edges: slots, values, limits. */
export const boundCases: readonly Case[] = [
  holdsSlot(255, 'bound.slot-255'),
  holdsSlot(2 ** 31, 'bound.slot-2p31'),
  holdsSlot(2 ** 32, 'bound.slot-2p32'),
  holdsSlot(2 ** 48, 'bound.slot-2p48'),
  holdsSlot(MAX_SLOT, 'bound.slot-largest'),
  refusesSlot(Number.MAX_SAFE_INTEGER, 'bound.slot-2p53-minus-1-rejected'),
  refusesSlot(2 ** 53, 'bound.slot-2p53-rejected'),
  refusesSlot(-1, 'bound.slot-negative-rejected'),
  refusesSlot(1.5, 'bound.slot-fraction-rejected'),
  refusesSlot(Number.NaN, 'bound.slot-nan-rejected'),
  refusesSlot(Infinity, 'bound.slot-infinity-rejected'),
  refusesSlot('7', 'bound.slot-text-rejected'),
  refusesSlot(7n, 'bound.slot-bigint-rejected'),
  refusesSlot(undefined, 'bound.slot-undefined-rejected'),
  {
    id: 'bound.order-across-2p32',
    title: 'orders slots across 2^32 and up to the largest',
    async run(ctx) {
      const log = await ctx.open()
      const slots = [
        0,
        2 ** 31 - 1,
        2 ** 31,
        2 ** 32 - 1,
        2 ** 32,
        2 ** 33 + 1,
        2 ** 52,
        MAX_SLOT - 1,
        MAX_SLOT,
      ]
      for (const slot of ctx.random.shuffled(slots)) await log.learn(proposal(slot))
      expect(await slotsOf(log.decisions())).to.deep.equal(slots)
    },
  },
  {
    id: 'bound.iterate-to-largest',
    title: 'scans up to the largest slot, with every legal end',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(MAX_SLOT))
      await log.accept(proposal(MAX_SLOT - 1))
      expect(await slotsOf(log.decisions({ from: MAX_SLOT }))).to.deep.equal([MAX_SLOT])
      expect(await slotsOf(log.decisions({ from: MAX_SLOT, to: MAX_SLOT + 1 }))).to.deep.equal([MAX_SLOT])
      expect(await slotsOf(log.decisions({ to: MAX_SLOT }, { includeAccepted: true }))).to.deep.equal([
        MAX_SLOT - 1,
      ])
      expect(await slotsOf(log.decisions({ from: MAX_SLOT + 1 }))).to.deep.equal([])
      expect(log.bounds().nextSlot).to.equal(MAX_SLOT + 1)
      expect(await log.discard({ from: MAX_SLOT - 1 })).to.deep.equal({ discarded: 1, keptCommitted: 1 })
    },
  },
  {
    id: 'bound.range-ends-rejected',
    title: 'refuses range ends that are no integers from 0 to 2^53 - 1',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0))
      for (const end of [-1, 0.5, 2 ** 53, Number.NaN]) {
        await rejectsArgument(() => slotsOf(log.decisions({ from: end })), 'RangeError', 'from')
        await rejectsArgument(() => slotsOf(log.uncommitted({ to: end })), 'RangeError', 'to')
        await rejectsArgument(() => log.discard({ from: end }), 'RangeError', 'from')
        await rejectsArgument(() => log.compact({ before: end }), 'RangeError', 'before')
        await rejectsArgument(() => log.compact({ before: 0, retain: end }), 'RangeError', 'retain')
        await rejectsArgument(() => log.checkpoints.store(end, bytes('x')), 'RangeError', 'slot')
      }
      expect(log.bounds()).to.include({ acceptedCount: 1, compactedBefore: 0 })
    },
  },
  holdsValue(0, 'bound.value-empty'),
  holdsValue(1, 'bound.value-1-byte'),
  holdsValue(PAGE_BYTES - 1, 'bound.value-page-minus-1'),
  holdsValue(PAGE_BYTES, 'bound.value-page'),
  holdsValue(PAGE_BYTES + 1, 'bound.value-page-plus-1'),
  holdsValue(32_768, 'bound.value-32KiB'),
  holdsValue(2 ** 20 + 1, 'bound.value-1MiB-plus-1'),
  {
    id: 'bound.value-limit',
    title: 'takes a value and a proof of exactly the limit and refuses one byte more',
    async run(ctx) {
      const log = await ctx.open({ limits: { valueBytes: 100 } })
      expect(log.capabilities.limits.valueBytes).to.equal(100)
      await log.accept({ ...proposal(0, 1, patterned(100)), proof: patterned(100) })
      await log.learn(proposal(1, 1, patterned(100)))
      await ctx.unchanged(log, async () => {
        const large = proposal(2, 1, patterned(101))
        for (const call of [
          () => log.accept(large),
          () => log.learn(large),
          () => log.acceptAll([proposal(3), large]),
        ]) {
          await rejects(call, 'PLOG_TOO_LARGE', { limit: 100, value: 101 })
        }
        await rejects(log.learn({ ...proposal(2), proof: patterned(101) }), 'PLOG_TOO_LARGE', { limit: 100 })
        await rejects(log.commit({ slot: 0, ballot: ballot(1), proof: patterned(101) }), 'PLOG_TOO_LARGE')
      })
      expect(hex((await log.readAccepted(0))!.value)).to.equal(hex(patterned(100)))
    },
  },
  {
    id: 'bound.own-value-limit',
    title: 'takes a value of exactly the limit that it declares, and refuses one byte more',
    requires: ({ limits }) =>
      limits.valueBytes > 2 ** 25
        ? `its limit of ${limits.valueBytes} bytes is too large to be tried`
        : undefined,
    timeoutMs: 30_000,
    async run(ctx) {
      const log = await ctx.open()
      const { valueBytes } = log.capabilities.limits
      const value = new Uint8Array(valueBytes + 1).fill(7)
      await rejects(log.learn(proposal(0, 1, value)), 'PLOG_TOO_LARGE', { limit: valueBytes })
      expect(log.bounds().committedCount).to.equal(0)
      await log.learn(proposal(0, 1, value.subarray(1)))
      expect(Buffer.compare((await log.read(0))!.value, value.subarray(1))).to.equal(0)
    },
  },
  {
    id: 'bound.batch-slots-limit',
    title: 'takes a batch of exactly as many slots as allowed and refuses one more',
    async run(ctx) {
      const log = await ctx.open({ limits: { batchSlots: 5 } })
      const batch = [0, 1, 2, 3, 4, 5].map((slot) => proposal(slot))
      await ctx.unchanged(log, async () => {
        await rejects(log.acceptAll(batch), 'PLOG_TOO_LARGE', { limit: 5, value: 6 })
        await rejects(log.learnAll(batch), 'PLOG_TOO_LARGE')
        await rejects(
          log.commitAll(batch.map(({ slot, ballot: of }) => ({ slot, ballot: of }))),
          'PLOG_TOO_LARGE',
        )
      })
      await log.acceptAll(batch.slice(0, 5))
      expect(log.bounds().acceptedCount).to.equal(5)
    },
  },
  {
    id: 'bound.batch-bytes-limit',
    title: 'takes a batch of exactly as many bytes as allowed and refuses one more',
    async run(ctx) {
      const log = await ctx.open({ limits: { batchBytes: 1_000 } })
      const batch = (last: number) => [
        proposal(0, 1, patterned(400)),
        { ...proposal(1, 1, patterned(500)), proof: patterned(last) },
      ]
      await ctx.unchanged(log, () =>
        rejects(log.learnAll(batch(101)), 'PLOG_TOO_LARGE', { limit: 1_000, value: 1_001 }),
      )
      await log.learnAll(batch(100))
      expect(log.bounds().committedCount).to.equal(2)
    },
  },
  {
    id: 'bound.metadata-limit',
    title: 'takes checkpoint metadata of 64 KiB and refuses one byte more',
    async run(ctx) {
      const log = await ctx.open()
      const large = log.checkpoints.store(0, bytes('x'), { metadata: patterned(65_537) })
      await rejects(large, 'PLOG_TOO_LARGE', { limit: 65_536 })
      expect(await log.checkpoints.list()).to.deep.equal([])
      await log.checkpoints.store(0, bytes('x'), { metadata: patterned(65_536) })
      expect((await log.checkpoints.latest())?.metadata?.length).to.equal(65_536)
    },
  },
  {
    id: 'bound.uncommitted-limit',
    title: 'refuses an accept for which there is no space after the wait, and takes it when there is',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 1_000 }, fullWaitMs: 15 })
      await log.accept(proposal(0, 1, patterned(600)))
      await log.accept(proposal(1, 1, patterned(400)))
      await ctx.unchanged(log, async () => {
        await rejects(log.accept(proposal(2, 1, patterned(1))), 'PLOG_FULL', { capacity: 1_000, used: 1_000 })
        await rejects(log.accept(proposal(2, 1, patterned(1_001))), 'PLOG_TOO_LARGE')
      })
      await log.accept(proposal(0, 2, patterned(600)))
      await log.accept(proposal(0, 3, patterned(500)))
      await log.learn(proposal(3, 1, patterned(5_000)))
      await log.commit({ slot: 1, ballot: ballot(1) })
      await log.accept(proposal(2, 1, patterned(500)))
      expect(log.bounds()).to.include({ acceptedCount: 2, committedCount: 2 })
    },
  },
  {
    id: 'bound.uncommitted-limit-discard-from',
    title: 'does not count what the same call drops',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 1_000 }, fullWaitMs: 15 })
      await log.acceptAll([proposal(0, 1, patterned(500)), proposal(1, 1, patterned(500))])
      await rejects(log.acceptAll([proposal(2, 2, patterned(900))]), 'PLOG_FULL')
      await log.acceptAll([proposal(2, 2, patterned(900))], { discardFrom: 0 })
      expect(await slotsOf(log.uncommitted())).to.deep.equal([2])
    },
  },
  {
    id: 'bound.uncommitted-limit-replacement',
    title: 'refuses a replacement that is itself above the limit for good: waiting would not help',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 1_000 }, fullWaitMs: 15 })
      await log.accept(proposal(0, 1, patterned(900)))
      await ctx.unchanged(log, async () => {
        await rejects(log.accept(proposal(0, 2, patterned(1_001))), 'PLOG_TOO_LARGE')
        await rejects(log.acceptAll([proposal(0, 2, patterned(1_001))], { discardFrom: 0 }), 'PLOG_TOO_LARGE')
      })
      await log.accept(proposal(0, 2, patterned(1_000)))
      expect(log.metrics().uncommittedBytes).to.equal(1_000)
    },
  },
]
