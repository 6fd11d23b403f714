import { expect } from 'chai'
import { isPersistentLogError, type Durability } from '@persistent-log/core'
import { weakerThanOffered } from '../model/steps.js'
import { outcomeOf, rejects, started } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { collect, slotsOf } from '../running/dump.js'
import { ballot, bytes, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Calls each write twice, and looks whether the first one is answered when the second one is. */
async function retryIsNotEarly(ctx: CaseContext, durability: Partial<Durability>): Promise<void> {
  const log = await ctx.open({ durability })
  const again = async (call: () => Promise<void>): Promise<void> => {
    let isDone = false
    const first = started(call().finally(() => (isDone = true)))
    await call()
    // Both may be answered in one turn; a flush takes longer than that.
    await turn()
    expect(isDone, 'the first call is answered').to.equal(true)
    await first
  }
  await again(() => log.accept(proposal(0)))
  await again(() => log.commit({ slot: 0, ballot: ballot(1) }))
  await again(() => log.learn(proposal(1)))
  await again(() => log.promise(ballot(4)))
  expect(log.bounds()).to.include({ committedCount: 2, acceptedCount: 0 })
}

/**
 * Accepts, batches, discards and flushes of few slots that are under way at once, some of them weaker; what is shown when
 * all are answered is what they leave one after the other.
 */
async function shownAsCalled(ctx: CaseContext): Promise<void> {
  const log = await ctx.open()
  const { random } = ctx
  const survivals = [undefined, ...weakerThanOffered(ctx.capabilities)]
  const expected = new Map<number, number>()
  for (let round = 1; round < 1_500;) {
    const calls: Promise<unknown>[] = []
    for (let call = 0; call < 10; call++, round++) {
      // Beside the flush of others, in the middle of it, or in the next one.
      for (let turns = random.below(5); turns > 0; turns--) await Promise.resolve()
      if (random.below(4) === 0) await turn()
      if (random.below(3) === 0) await calls[random.below(call)]
      const survives = survivals[random.below(survivals.length)]
      const options = survives === undefined ? {} : { survives }
      const from = random.below(6)
      const slots = [from, from + 1, from + 2]
      switch (random.below(4)) {
        case 0:
          calls.push(log.accept(proposal(from, round), options))
          expected.set(from, round)
          break
        case 1:
          calls.push(
            log.acceptAll(
              slots.map((slot) => proposal(slot, round)),
              options,
            ),
          )
          for (const slot of slots) expected.set(slot, round)
          break
        case 2:
          calls.push(log.discard({ from, to: from + slots.length }, options))
          for (const slot of slots) expected.delete(slot)
          break
        default:
          calls.push(log.flush())
      }
    }
    await Promise.all(calls)
    const shown = (await collect(log.uncommitted())).map(({ slot, ballot }) => [slot, ballot.round])
    expect(shown, `behind round ${round - 1}`).to.deep.equal([...expected].sort(([a], [b]) => a - b))
  }
}

/** Calls that meet: who is judged first, and who is answered first. */
export const callOrderCases: readonly Case[] = [
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
    id: 'conc.shown-in-call-order',
    title: 'shows what calls that were under way at once leave one after the other, whatever each asked for',
    timeoutMs: 60_000,
    run: shownAsCalled,
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
    run: (ctx) => retryIsNotEarly(ctx, {}),
  },
  {
    id: 'conc.retry-not-acknowledged-early-below-power-loss',
    title: 'answers a repeated call not before the call that it repeats, where both survive less by default',
    requires: needsReopen,
    run: (ctx) => retryIsNotEarly(ctx, { accept: 'process-crash', commit: 'process-crash' }),
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
]
