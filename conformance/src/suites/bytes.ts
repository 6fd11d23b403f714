import { expect } from 'chai'
import { rejects, rejectsArgument } from '../running/assertions.js'
import { collect, dump } from '../running/dump.js'
import { ballot, bytes, hex, proposal, proposals, text } from '../running/values.js'
import type { Case } from './case.js'

/** Bytes in, the same bytes out; and whose they are. */
export const byteCases: readonly Case[] = [
  {
    id: 'basic.bytes-roundtrip-all-256',
    title: 'gives every byte value back unchanged',
    async run(ctx) {
      const log = await ctx.open()
      const value = Uint8Array.from({ length: 256 }, (_, at) => at)
      await log.learn({ ...proposal(0, 1, value), proof: value.toReversed() })
      const decision = await log.read(0)
      expect(hex(decision!.value)).to.equal(hex(value))
      expect(hex(decision!.proof!)).to.equal(hex(value.toReversed()))
    },
  },
  {
    id: 'basic.proof-roundtrip',
    title: 'keeps the proof of a proposal through accept, commit and scan',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept({ ...proposal(0), proof: bytes('vote') })
      expect(text((await log.readAccepted(0))?.proof)).to.equal('vote')
      await log.commit({ slot: 0, ballot: ballot(1) })
      expect(text((await log.read(0))?.proof)).to.equal('vote')
      expect((await collect(log.decisions())).map(({ proof }) => text(proof))).to.deep.equal(['vote'])
    },
  },
  {
    id: 'basic.empty-proof-is-a-proof',
    title: 'keeps an empty proof apart from no proof',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn({ ...proposal(0), proof: new Uint8Array(0) })
      await log.learn(proposal(1))
      expect((await log.read(0))?.proof).to.deep.equal(new Uint8Array(0))
      expect((await log.read(1))?.proof).to.equal(undefined)
    },
  },
  {
    id: 'basic.caller-buffer-mutated-after-store',
    title: 'copies what it is handed before the call returns',
    async run(ctx) {
      const log = await ctx.open()
      const value = bytes('before')
      const proof = bytes('proof!')
      const state = bytes('state!')
      const accepting = log.accept({ ...proposal(0), value, proof })
      value.fill(0x58)
      proof.fill(0x58)
      await accepting
      value.set(bytes('behind'))
      const learning = log.learnAll([{ ...proposal(1), value }])
      value.fill(0x58)
      await learning
      const storing = log.configuration.store('name', { version: 1, value: state })
      state.fill(0x58)
      await storing
      const accepted = await log.readAccepted(0)
      expect(text(accepted?.value)).to.equal('before')
      expect(text(accepted?.proof)).to.equal('proof!')
      expect(text((await log.read(1))?.value)).to.equal('behind')
      expect(text((await log.configuration.load('name'))?.value)).to.equal('state!')
    },
  },
  {
    id: 'basic.caller-ballot-mutated-after-store',
    title: 'copies ballots before the call returns',
    async run(ctx) {
      const log = await ctx.open()
      const changing = { round: 5, nodeId: 2 }
      const promising = log.promise(changing)
      const accepting = log.accept({ ...proposal(0), ballot: changing })
      changing.round = 1
      await Promise.all([promising, accepting])
      changing.nodeId = 9
      expect(log.promised()).to.deep.equal(ballot(5, 2))
      expect((await log.readAccepted(0))?.ballot).to.deep.equal(ballot(5, 2))
    },
  },
  {
    id: 'basic.returned-buffer-mutated',
    title: 'hands out bytes that the caller may change',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn({ ...proposal(0, 1, 'decided'), proof: bytes('proof') })
      await log.accept(proposal(1, 1, 'accepted'))
      await log.configuration.store('name', { version: 1, value: bytes('record') })
      const before = await dump(log)
      const decision = await log.read(0)
      decision!.value.fill(0)
      decision!.proof!.fill(0)
      ;(await log.readAccepted(1))!.value.fill(0)
      ;(await log.configuration.load('name'))!.value.fill(0)
      for (const entry of await collect(log.decisions({}, { includeAccepted: true }))) entry.value.fill(0)
      expect(await dump(log)).to.deep.equal(before)
      expect(text((await log.configuration.load('name'))?.value)).to.equal('record')
    },
  },
  {
    id: 'basic.uint8array-subarray-offset',
    title: 'stores the bytes of a view, not of the buffer behind it',
    async run(ctx) {
      const log = await ctx.open()
      const whole = bytes('....middle....')
      await log.learn({ ...proposal(0), value: whole.subarray(4, 10), proof: whole.subarray(5, 7) })
      await log.accept({ ...proposal(1), value: Buffer.from('xxpooledxx').subarray(2, 8) })
      expect(text((await log.read(0))?.value)).to.equal('middle')
      expect(text((await log.read(0))?.proof)).to.equal('id')
      expect(text((await log.readAccepted(1))?.value)).to.equal('pooled')
    },
  },
  {
    id: 'basic.rejects-wrong-types',
    title: 'refuses values that are not bytes and keeps what it holds',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      await ctx.unchanged(log, async () => {
        for (const value of ['text', 7, null, undefined, [1, 2], new ArrayBuffer(2)]) {
          const wrong = { ...proposal(1), value: value as unknown as Uint8Array }
          await rejectsArgument(() => log.learn(wrong), 'TypeError', 'value')
          await rejectsArgument(() => log.acceptAll([proposal(2), wrong]), 'TypeError', 'value')
        }
      })
    },
  },
  {
    id: 'basic.returned-ballot-mutated',
    title: 'keeps its own ballots when those that it handed out are changed',
    async run(ctx) {
      const log = await ctx.open()
      await log.promise(ballot(2, 1))
      await log.learnAll(proposals(0, 3, 3))
      await log.accept(proposal(3, 4))
      await log.checkpoints.store(1, bytes('state'), { ballot: ballot(3) })
      await log.compact({ before: 1 })
      await ctx.unchanged(log, async () => {
        const stale = await rejects(log.accept(proposal(3, 3)), 'PLOG_STALE_BALLOT')
        const refused = await rejects(log.promise(ballot(1)), 'PLOG_STALE_BALLOT')
        const handedOut = [
          log.promised(),
          log.bounds().compactedBallot,
          (await log.read(1))?.ballot,
          (await log.readAccepted(3))?.ballot,
          ...(await collect(log.decisions({}, { includeAccepted: true }))).map((entry) => entry.ballot),
          ...(await log.checkpoints.list()).map((checkpoint) => checkpoint.ballot),
          (await log.checkpoints.latest())?.ballot,
          stale.context.stored,
          refused.context.promised,
        ]
        // A frozen one refuses the change, which is as good as a copy.
        for (const one of handedOut) if (one) Reflect.set(one, 'round', 99)
      })
      await rejects(log.accept(proposal(3, 3)), 'PLOG_STALE_BALLOT')
      await log.accept(proposal(4, 2, 'equal to the promise', 1))
    },
  },
]
