import { expect } from 'chai'
import { isPersistentLogError } from '@persistent-log/core'
import { outcomeOf, started } from '../running/assertions.js'
import { ballot, patterned, proposal } from '../running/values.js'
import type { Case } from './case.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Accepts that wait for space. */
export const spaceCases: readonly Case[] = [
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
    id: 'conc.close-refuses-waiting-at-once',
    title: 'refuses accepts that wait for space with PLOG_NOT_OPEN as soon as close is called',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 100 }, fullWaitMs: 1_500 })
      await log.accept(proposal(0, 1, patterned(100)))
      let finish = (): void => undefined
      const finished = new Promise<void>((resolve) => (finish = resolve))
      async function* state(): AsyncGenerator<Uint8Array> {
        yield patterned(10)
        await finished
      }
      // Close waits for the content of this checkpoint; the accepts must not wait with it.
      const storing = outcomeOf(log.checkpoints.store(0, state()))
      const waiting = [
        outcomeOf(log.accept(proposal(1, 1, patterned(50)))),
        outcomeOf(log.acceptAll([proposal(2, 1, patterned(50)), proposal(3)])),
      ]
      let isClosed = false
      const closing = log.close().finally(() => (isClosed = true))
      try {
        for (const { error } of await Promise.all(waiting))
          expect(isPersistentLogError(error, 'PLOG_NOT_OPEN'), String(error)).to.equal(true)
        expect(isClosed, 'close still waits for the checkpoint').to.equal(false)
      } finally {
        finish()
        await Promise.all([storing, closing])
      }
    },
  },
]
