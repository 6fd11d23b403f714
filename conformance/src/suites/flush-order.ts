import { expect } from 'chai'
import { survivesAtLeast, type Capabilities } from '@persistent-log/core'
import { WINDOW } from '../crash/kill-run.js'
import { FaultRun } from '../faults/fault-run.js'
import { earlyAcknowledgements, examinedAcknowledgements } from '../faults/flush-order.js'
import type { CaseContext } from '../running/case-context.js'
import { Unproven } from '../running/unproven.js'
import { needs, needsAll, needsReopen, type Case } from './case.js'

/** One traced process, in ms: only what hangs takes so long. */
const TRACE_TIMEOUT_MS = 120_000

const needsHigherLevel = ({ survives }: Capabilities): string | undefined =>
  survivesAtLeast(survives.accept, 'power-loss') && survivesAtLeast(survives.commit, 'power-loss')
    ? 'it claims power-loss already'
    : undefined

/** Whether what is acknowledged was flushed before, as the system calls show it. */
export const flushOrderCases: readonly Case[] = [
  {
    id: 'dur.sync-before-ack',
    title: 'acknowledges nothing before a flush has covered its bytes, as its system calls show',
    requires: needs('power-loss'),
    tier: 2,
    spawns: true,
    timeoutMs: TRACE_TIMEOUT_MS,
    async run(ctx) {
      const early = await acknowledgedEarly(ctx)
      if (early.length > 0) expect.fail(`acknowledged before a flush had covered them:\n${early.join('\n')}`)
    },
  },
  {
    id: 'cap.durability-not-underclaimed',
    title: 'warns when all that it acknowledges was flushed although it does not claim power-loss',
    requires: needsAll(needsReopen, needsHigherLevel),
    tier: 2,
    spawns: true,
    timeoutMs: TRACE_TIMEOUT_MS,
    async run(ctx) {
      const { accept, commit } = ctx.capabilities.survives
      if ((await acknowledgedEarly(ctx)).length > 0) return
      ctx.tally.warnings.push(
        `it declares ${accept} (accept) and ${commit} (commit), but flushed before every acknowledgement: ` +
          'it may claim power-loss',
      )
    },
  },
]

/** One call at a time, so that no flush can be another call's; then several, which may share one. */
const WINDOWS = [1, WINDOW]

function acknowledgedEarly(ctx: CaseContext): Promise<string[]> {
  return FaultRun.use(ctx, async (run) => {
    const early: string[] = []
    for (const window of WINDOWS) {
      const { calls, operations, writesThrough } = await run.whole(window)
      if (examinedAcknowledgements(calls, operations) === 0) {
        throw new Unproven('the trace shows no acknowledgement')
      }
      early.push(...earlyAcknowledgements(calls, operations, writesThrough))
    }
    return early
  })
}
