import { expect } from 'chai'
import { isPersistentLogError } from '@persistent-log/core'
import { outcomeOf, rejects, started } from '../running/assertions.js'
import { collect, dump, slotsOf } from '../running/dump.js'
import { ballot, bytes, joined, patterned, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** Notes the order in which promises settle. */
function settling(): { readonly order: string[]; note<T>(name: string, work: Promise<T>): Promise<T> } {
  const order: string[] = []
  return {
    order,
    note: (name, work) => work.finally(() => order.push(name)),
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

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
    id: 'conc.same-slot-one-winner',
    title: 'lets exactly one of many different decisions for a slot win, the first one called',
    async run(ctx) {
      const log = await ctx.open()
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, at) => log.learn(proposal(0, at + 1, `claim ${at}`))),
      )
      expect(outcomes.map(({ status }) => status).filter((status) => status === 'fulfilled')).to.have.length(
        1,
      )
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(isPersistentLogError(outcome.reason, 'PLOG_ALREADY_COMMITTED')).to.equal(true)
      }
      expect(text((await log.read(0))?.value)).to.equal('claim 0')
    },
  },
  {
    id: 'conc.accept-race-highest-wins',
    title: 'ends with the highest ballot, whatever the order of the calls',
    async run(ctx) {
      const log = await ctx.open()
      const rounds = ctx.random.shuffled(Array.from({ length: 30 }, (_, at) => at + 1))
      const outcomes = await Promise.allSettled(rounds.map((round) => log.accept(proposal(0, round))))
      expect((await log.readAccepted(0))?.ballot).to.deep.equal(ballot(30))
      let highest = 0
      rounds.forEach((round, at) => {
        expect(outcomes[at]!.status, `round ${round} after ${highest}`).to.equal(
          round > highest ? 'fulfilled' : 'rejected',
        )
        highest = Math.max(highest, round)
      })
    },
  },
  {
    id: 'conc.judged-in-call-order',
    title: 'judges calls on a slot in the order of the calls, effects not flushed yet included',
    async run(ctx) {
      const log = await ctx.open()
      const outcomes = await Promise.allSettled([
        log.accept(proposal(0, 2, 'a')),
        log.commit({ slot: 0, ballot: ballot(2) }),
        log.accept(proposal(0, 3, 'b')),
        log.learn(proposal(0, 9, 'a')),
      ])
      expect(outcomes.map(({ status }) => status)).to.deep.equal([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
      expect(await log.read(0)).to.deep.include({ slot: 0, ballot: ballot(2), value: bytes('a') })
    },
  },
  {
    id: 'conc.commit-races-accept',
    title: 'never loses the decision when a commit and a higher accept meet',
    async run(ctx) {
      const log = await ctx.open()
      for (let slot = 0; slot < 10; slot++) {
        await log.accept(proposal(slot, 1, 'one'))
        const calls = [
          () => log.commit({ slot, ballot: ballot(1) }),
          () => log.accept(proposal(slot, 2, 'two')),
        ]
        const commitFirst = ctx.random.below(2) === 0
        if (!commitFirst) calls.reverse()
        const outcomes = await Promise.all(calls.map((call) => outcomeOf(call())))
        const refused = outcomes.map(({ error }) => (isPersistentLogError(error) ? error.code : undefined))
        expect(refused).to.deep.equal([
          undefined,
          commitFirst ? 'PLOG_ALREADY_COMMITTED' : 'PLOG_BALLOT_MISMATCH',
        ])
        expect(text((await log.read(slot))?.value)).to.equal(commitFirst ? 'one' : undefined)
      }
    },
  },
  {
    id: 'conc.promise-waits-for-lower-accepts',
    title: 'resolves a promise only when every lower accept that succeeds is found by a scan',
    async run(ctx) {
      const log = await ctx.open()
      const lower = Array.from({ length: 10 }, (_, slot) => started(log.accept(proposal(slot, 1))))
      await log.promise(ballot(5))
      const found = await slotsOf(log.decisions({}, { includeAccepted: true }))
      const outcomes = await Promise.allSettled(lower)
      const succeeded = outcomes.flatMap(({ status }, slot) => (status === 'fulfilled' ? [slot] : []))
      expect(succeeded, 'they were called before the promise').to.have.length(10)
      expect(found).to.deep.equal(succeeded)
    },
  },
  {
    id: 'conc.promise-stops-later-accepts',
    title: 'refuses a lower accept that is called right after promise, before it resolved',
    async run(ctx) {
      const log = await ctx.open()
      const promising = started(log.promise(ballot(5)))
      const late = started(log.accept(proposal(0, 4)))
      await rejects(late, 'PLOG_STALE_BALLOT', { promised: ballot(5) })
      await promising
      expect(await log.readAccepted(0)).to.equal(undefined)
    },
  },
  {
    id: 'conc.retry-not-acknowledged-early',
    title: 'answers a repeated call not before the call that it repeats',
    async run(ctx) {
      const log = await ctx.open()
      const { order, note } = settling()
      await Promise.all([note('accept', log.accept(proposal(0))), note('again', log.accept(proposal(0)))])
      await Promise.all([
        note('commit', log.commit({ slot: 0, ballot: ballot(1) })),
        note('committed', log.commit({ slot: 0, ballot: ballot(1) })),
        note('learned', log.learn(proposal(0))),
      ])
      expect(order).to.deep.equal(['accept', 'again', 'commit', 'committed', 'learned'])
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
      const versions = Array.from({ length: 15 }, (_, at) => new Uint8Array(20_000).fill(at + 1))
      const writing = started(
        (async () => {
          for (const [at, value] of versions.entries()) await log.accept(proposal(0, at + 1, value))
        })(),
      )
      let newest = 0
      for (let look = 0; look < 60; look++) {
        const seen = await log.readAccepted(0)
        if (seen) {
          const [first] = seen.value
          expect(
            seen.value.every((byte) => byte === first),
            'one version',
          ).to.equal(true)
          expect(seen.ballot.round).to.equal(first)
          expect(seen.ballot.round, 'never an older one again').to.be.at.least(newest)
          newest = seen.ballot.round
        }
        await turn()
      }
      await writing
      expect((await log.readAccepted(0))?.ballot).to.deep.equal(ballot(15))
    },
  },
  {
    id: 'conc.discard-ordered-against-accepts',
    title: 'drops what was accepted before the call and keeps what was accepted after it',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      const before = [1, 2, 3].map((slot) => started(log.accept(proposal(slot, 1, 'before'))))
      const discarding = started(log.discard({ from: 0 }))
      const after = [2, 9].map((slot) => started(log.accept(proposal(slot, 1, 'after'))))
      await Promise.all([...before, ...after])
      expect(await discarding).to.deep.equal({ discarded: 3, keptCommitted: 0 })
      expect(await slotsOf(log.uncommitted())).to.deep.equal([2, 9])
      log = await ctx.reopen(log)
      expect(text((await log.readAccepted(2))?.value)).to.equal('after')
      expect(await slotsOf(log.uncommitted())).to.deep.equal([2, 9])
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
      else expect(isPersistentLogError(error), String(error)).to.equal(true)
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
    id: 'conc.close-while-accept-waits-settles',
    title: 'settles an accept that waits for space when the log is closed',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 100 }, fullWaitMs: 60 })
      await log.accept(proposal(0, 1, patterned(100)))
      const waiting = outcomeOf(log.accept(proposal(1, 1, patterned(50))))
      await log.close()
      const { error } = await waiting
      expect(isPersistentLogError(error), `it must be refused with a code, not ${String(error)}`).to.equal(
        true,
      )
    },
  },
  {
    id: 'conc.backpressure-bounded',
    title: 'lets accepts wait for space, in line, and commits pass them',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 1_000 }, fullWaitMs: 5_000 })
      const accepting = Array.from({ length: 20 }, (_, slot) =>
        started(log.accept(proposal(slot, 1, patterned(250, slot)))),
      )
      for (let slot = 0; slot < 20; slot++) {
        await accepting[slot]
        expect(log.metrics().uncommittedBytes).to.be.at.most(1_000)
        await log.commit({ slot, ballot: ballot(1) })
      }
      expect(log.bounds()).to.include({ committedCount: 20, acceptedCount: 0 })
      expect(log.metrics().waitingForSpace).to.equal(0)
    },
  },
  {
    id: 'conc.old-pending-slot-blocks-nobody',
    title: 'goes on for ever beside one slot that stays undecided',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 2_000 }, fullWaitMs: 2_000 })
      await log.accept(proposal(0, 1, patterned(500)))
      for (let slot = 1; slot < 150; slot++) {
        await log.accept(proposal(slot, 1, patterned(1_000, slot)))
        await log.commit({ slot, ballot: ballot(1) })
      }
      expect(log.bounds()).to.include({ committedCount: 149, acceptedCount: 1, contiguousTo: 0 })
      expect((await log.readAccepted(0))?.value.length).to.equal(500)
    },
  },
  {
    id: 'conc.aborted-wait-writes-nothing',
    title: 'rejects an accept that waits for space with the reason of its signal, and stores nothing',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 100 }, fullWaitMs: 5_000 })
      await log.accept(proposal(0, 1, patterned(100)))
      const control = new AbortController()
      const waiting = outcomeOf(log.accept(proposal(1, 1, patterned(50)), { signal: control.signal }))
      await turn()
      const reason = new Error('enough')
      control.abort(reason)
      expect((await waiting).error).to.equal(reason)
      await log.commit({ slot: 0, ballot: ballot(1) })
      expect(await log.readAccepted(1)).to.equal(undefined)
    },
  },
  {
    id: 'conc.flush-covers-earlier',
    title: 'has everything asked for before a flush durable and shown when the flush resolves',
    async run(ctx) {
      const log = await ctx.open()
      const calls = proposals(0, 10).map((decision) => started(log.learn(decision)))
      await log.flush()
      expect(log.bounds().committedCount).to.equal(10)
      await Promise.all(calls)
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
]
