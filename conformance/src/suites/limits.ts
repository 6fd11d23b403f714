import { expect } from 'chai'
import { isPersistentLogError } from '@persistent-log/core'
import { outcomeOf, rejects } from '../running/assertions.js'
import { patterned, proposal } from '../running/values.js'
import type { Case } from './case.js'

/** Where limits come from, and that nobody else moves them. */
export const limitCases: readonly Case[] = [
  {
    id: 'bound.limits-overclaimed-refused',
    title: 'refuses to open with a limit beyond what it offers, and takes exactly that',
    async run(ctx) {
      const { valueBytes, batchSlots } = ctx.capabilities.limits
      for (const limits of [{ valueBytes: valueBytes + 1 }, { batchSlots: batchSlots + 1 }]) {
        const { error } = await outcomeOf(ctx.open({ limits }))
        expect(isPersistentLogError(error, 'PLOG_UNSUPPORTED'), String(error)).to.equal(true)
        expect((error as Error).message).to.include(Object.keys(limits)[0])
      }
      const log = await ctx.open({ limits: { valueBytes, batchSlots } })
      expect(log.capabilities.limits).to.include({ valueBytes, batchSlots })
      await log.learn(proposal(0))
    },
  },
  {
    id: 'bound.limits-not-writable',
    title: 'keeps its limits whatever is written into what it says of them',
    async run(ctx) {
      const log = await ctx.open({ limits: { valueBytes: 100 } })
      const { capabilities } = log
      // Frozen, a copy for each reader: either will do.
      Reflect.set(capabilities.limits, 'valueBytes', 1_000)
      Reflect.set(capabilities, 'limits', { ...capabilities.limits, valueBytes: 1_000 })
      await ctx.unchanged(log, () =>
        rejects(log.learn(proposal(0, 1, patterned(101))), 'PLOG_TOO_LARGE', { limit: 100 }),
      )
      expect(log.capabilities.limits.valueBytes).to.equal(100)
      await log.learn(proposal(0, 1, patterned(100)))
    },
  },
]
