import { expect } from 'chai'
import { isPersistentLogError } from '@persistent-log/core'
import { outcomeOf, rejects, started } from '../running/assertions.js'
import { learnMany } from '../running/batches.js'
import { collect, dump, slotsOf } from '../running/dump.js'
import { lookWhile, turn } from '../running/look-while.js'
import { Unproven } from '../running/unproven.js'
import { ballot, bytes, joined, patterned, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** Calls that overlap. */
export const concurrencyCases: readonly Case[] = [
  {
    id: 'conc.100-parallel-stores',
    title: 'takes a hundred calls at once',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await Promise.all(proposals(0, 100).map((decision) => log.learn(decision)))
      expect(log.bounds()).to.include({ committedCount: 100, contiguousTo: 100 })
      const before = await dump(log)
      log = await ctx.reopen(log)
      expect(await dump(log)).to.deep.equal(before)
    },
  },
  {
    id: 'conc.commits-together-keep-their-values',
    title: 'decides each slot with its own value when many are committed at once',
    async run(ctx) {
      const log = await ctx.open()
      const accepted = Array.from({ length: 60 }, (_, slot) => ({
        ...proposal(slot),
        value: patterned(500, slot),
      }))
      await log.acceptAll(accepted)
      await Promise.all(accepted.map(({ slot, ballot }) => log.commit({ slot, ballot })))
      for (const { slot, value } of accepted) {
        expect((await log.read(slot))?.value, `the value of slot ${slot}`).to.deep.equal(value)
      }
    },
  },
  {
    id: 'conc.acknowledged-is-shown',
    title: 'shows what it acknowledged: reads, scans and bounds agree at once',
    async run(ctx) {
      const log = await ctx.open()
      await Promise.all(
        Array.from({ length: 40 }, async (_, slot) => {
          await log.accept(proposal(slot))
          expect((await log.readAccepted(slot))?.slot).to.equal(slot)
          await log.commit({ slot, ballot: ballot(1) })
          expect((await log.read(slot))?.slot).to.equal(slot)
          expect(await slotsOf(log.decisions({ from: slot, to: slot + 1 }))).to.deep.equal([slot])
        }),
      )
    },
  },
  {
    id: 'conc.read-during-write-old-or-new',
    title: 'reads the old value or the new one, never a mixture',
    async run(ctx) {
      const log = await ctx.open()
      const length = Math.min(20_000, log.capabilities.limits.valueBytes)
      const seen = new Set<number>()
      let newest = 0
      const look = async (): Promise<void> => {
        const held = await log.readAccepted(0)
        if (held === undefined) return
        const [first] = held.value
        expect(
          held.value.every((byte) => byte === first),
          'one version',
        ).to.equal(true)
        expect([held.ballot.round, held.value.length]).to.deep.equal([first, length])
        expect(held.ballot.round, 'never an older one again').to.be.at.least(newest)
        newest = held.ballot.round
        seen.add(newest)
      }
      for (let round = 1; round <= 15; round++) {
        await lookWhile(log.accept(proposal(0, round, new Uint8Array(length).fill(round))), look)
      }
      if (seen.size < 2) throw new Unproven('no two versions were seen while they were written')
      expect((await log.readAccepted(0))?.ballot).to.deep.equal(ballot(15))
    },
  },
  {
    id: 'conc.compact-vs-read',
    title: 'answers reads during a compaction with the value or PLOG_COMPACTED',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 60))
      const compacting = started(log.compact({ before: 50, withoutCheckpoint: true }))
      const outcomes = await Promise.all(Array.from({ length: 60 }, (_, slot) => outcomeOf(log.read(slot))))
      await compacting
      outcomes.forEach(({ error, value }, slot) => {
        if (error === undefined)
          expect(text((value as { value: Uint8Array }).value)).to.equal(`value ${slot}.1`)
        else expect(isPersistentLogError(error, 'PLOG_COMPACTED') && slot < 50).to.equal(true)
      })
    },
  },
  {
    id: 'conc.checkpoint-vs-append',
    title: 'goes on taking calls while a checkpoint is being written',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 5))
      async function* slowly(): AsyncGenerator<Uint8Array> {
        for (let chunk = 0; chunk < 5; chunk++) {
          await log.learn(proposal(5 + chunk))
          yield patterned(10_000, chunk)
        }
      }
      await log.checkpoints.store(5, slowly())
      expect(log.bounds().contiguousTo).to.equal(10)
      expect((await log.checkpoints.latest())?.slot).to.equal(5)
      expect((await joined(log.checkpoints.read(5))).length).to.equal(50_000)
    },
  },
  {
    id: 'conc.checkpoint-judged-at-its-end',
    title: 'judges a checkpoint again when its content is there: a newer one may have come',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      async function* overtaken(): AsyncGenerator<Uint8Array> {
        yield bytes('older')
        await log.checkpoints.store(5, bytes('newer'))
      }
      await rejects(log.checkpoints.store(3, overtaken()), 'PLOG_STALE_CHECKPOINT')
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([5])
    },
  },
  {
    id: 'conc.prune-vs-read',
    title: 'hands a checkpoint out whole, or refuses, when it is pruned meanwhile',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      const state = patterned(400_000)
      await log.checkpoints.store(1, state)
      await log.checkpoints.store(2, bytes('newer'))
      let length = 0
      const reading = outcomeOf(async () => {
        for await (const chunk of log.checkpoints.read(1)) {
          if (length === 0) await log.checkpoints.prune({ keep: 1 })
          expect(Buffer.compare(chunk, state.subarray(length, length + chunk.length))).to.equal(0)
          length += chunk.length
        }
      })
      const { error } = await reading
      if (error === undefined) expect(length).to.equal(state.length)
      else expect(isPersistentLogError(error), 'a refusal with a code').to.equal(true)
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([2])
    },
  },
  {
    id: 'conc.close-vs-append-settles',
    title: 'finishes the calls made before close and refuses those made after it',
    requires: needsReopen,
    async run(ctx) {
      const directory = await ctx.freshDirectory()
      const log = await ctx.open({ directory })
      const before = proposals(0, 30).map((decision) => started(log.learn(decision)))
      const closing = log.close()
      const after = outcomeOf(log.learn(proposal(30)))
      await Promise.all(before)
      expect(isPersistentLogError((await after).error, 'PLOG_NOT_OPEN')).to.equal(true)
      await closing
      const again = await ctx.open({ directory })
      expect(again.bounds()).to.include({ committedCount: 30, contiguousTo: 30 })
    },
  },
  {
    id: 'conc.group-commit-shares-flush',
    title: 'needs far fewer flushes than calls when they come together',
    requires: ({ survives }) => (survives.accept === 'nothing' ? 'it has nothing to flush' : undefined),
    async run(ctx) {
      const log = await ctx.open()
      const before = log.metrics().flushes
      await Promise.all(proposals(0, 200).map((decision) => log.learn(decision)))
      expect(log.metrics().flushes - before).to.be.at.most(100)
    },
  },
  {
    id: 'conc.random-interleavings',
    title: 'keeps its laws under a random mixture of overlapping calls',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      const decided = new Map<number, string>()
      const calls: Promise<unknown>[] = []
      for (let call = 0; call < 150; call++) {
        const slot = ctx.random.below(12)
        const round = 1 + ctx.random.below(4)
        const value = `value ${slot}.${round}`
        const commit = (): Promise<void> =>
          log
            .commit({ slot, ballot: ballot(round) })
            .then(() => void (decided.has(slot) || decided.set(slot, 'any')))
        const kind = ctx.random.below(5)
        if (kind < 2) calls.push(outcomeOf(log.accept(proposal(slot, round, value))))
        else if (kind < 4) calls.push(outcomeOf(commit()))
        else calls.push(collect(log.decisions({}, { includeAccepted: true })))
        if (ctx.random.below(4) === 0) await turn()
      }
      await Promise.all(calls)
      for (const slot of decided.keys())
        expect(await log.read(slot), `slot ${slot} was committed`).to.not.equal(undefined)
      for (const { slot, value, ballot: of } of await collect(log.decisions({}, { includeAccepted: true }))) {
        expect(text(value)).to.equal(`value ${slot}.${of.round}`)
      }
      const before = await dump(log)
      log = await ctx.reopen(log)
      expect(await dump(log)).to.deep.equal(before)
    },
  },
  {
    id: 'conc.discard-vs-read',
    title: 'answers reads and scans beside a discard with the proposal or nothing, never with damage',
    async run(ctx) {
      const log = await ctx.open()
      for (let round = 1; round <= 6; round++) {
        await log.acceptAll(proposals(0, 40, round))
        let finished = false
        const dropping: Promise<unknown> =
          round % 2 === 0
            ? log.discard({ from: 10 })
            : log.acceptAll([proposal(10, round, 'another 10')], { discardFrom: 10 })
        const discarding = started(dropping.finally(() => (finished = true)))
        do {
          const [seen] = await Promise.all([
            Promise.all(Array.from({ length: 40 }, (_, slot) => log.readAccepted(slot))),
            slotsOf(log.uncommitted()),
            slotsOf(log.decisions({}, { includeAccepted: true, batchLength: 3 })),
          ])
          seen.forEach((held, slot) => {
            if (slot < 10) expect(text(held?.value)).to.equal(`value ${slot}.${round}`)
          })
          await turn()
        } while (!finished)
        await discarding
        expect(log.bounds()).to.include({ damagedCount: 0, acceptedCount: round % 2 === 0 ? 10 : 11 })
      }
      expect(await log.verify()).to.deep.include({ ok: true, damaged: [] })
    },
  },
  {
    id: 'conc.compact-vs-scan',
    title: 'answers scans beside a compaction whole or with PLOG_COMPACTED, never with damage or a hole',
    async run(ctx) {
      const log = await ctx.open()
      await learnMany(log, proposals(0, 200))
      for (let before = 40; before <= 160; before += 40) {
        let finished = false
        const compacting = started(
          log.compact({ before, withoutCheckpoint: true }).finally(() => (finished = true)),
        )
        do {
          const seen: number[] = []
          const { error } = await outcomeOf(async () => {
            for await (const { slot, value } of log.decisions({}, { batchLength: 7 })) {
              expect(text(value)).to.equal(`value ${slot}.1`)
              seen.push(slot)
            }
          })
          const refused = isPersistentLogError(error, 'PLOG_COMPACTED')
          expect(error === undefined || refused, String(error)).to.equal(true)
          seen.forEach((slot, at) => expect(slot, 'no hole').to.equal(seen[0]! + at))
          if (!refused) expect(seen.at(-1)).to.equal(199)
          await turn()
        } while (!finished)
        await compacting
        expect(log.bounds()).to.include({ compactedBefore: before, damagedCount: 0 })
      }
    },
  },
]
