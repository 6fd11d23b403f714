import { expect } from 'chai'
import type { Capabilities, PersistentLog } from '@persistent-log/core'
import { Unproven } from '../running/unproven.js'
import { ballot } from '../running/values.js'
import { withThreads } from '../threads/attached.js'
import { loadValue, type LoadSeen } from '../threads/under-load.js'
import type { Case } from './case.js'

/** Slots that are decided in one step, those kept behind a compaction, and those that are never decided. */
const DECIDED = 6
const KEPT = 40
const DROPPED = 2

/** So often the owner does it all: the log grows beyond every buffer of its, and its memory is used again. */
const STEPS = 60
/** Threads that saw nothing by then will see nothing. */
const MOST_STEPS = 600

const TIMEOUT_MS = 120_000

const proposed = (slot: number, round: number) => ({
  slot,
  ballot: ballot(round),
  value: loadValue(slot, round),
})

/** Accepts, replaces by longer values, decides in one batch, discards what is left, and compacts. */
async function step(log: PersistentLog, from: number): Promise<void> {
  const slots = Array.from({ length: DECIDED + DROPPED }, (_, at) => from + at)
  await Promise.all(slots.map((slot) => log.accept(proposed(slot, 1))))
  const replaced = slots.filter((slot) => slot % 2 === 0)
  await Promise.all(replaced.map((slot) => log.accept(proposed(slot, 2))))
  const ids = slots.slice(0, DECIDED).map((slot) => ({ slot, ballot: ballot(slot % 2 === 0 ? 2 : 1) }))
  await Promise.all(ids.map((id) => log.commit(id)))
  await log.discard({ from: from + DECIDED })
  const before = from - KEPT
  if (before > 0 && (from / DECIDED) % 4 === 0) await log.compact({ before, withoutCheckpoint: true })
}

/** What threads see while the owner does everything that moves memory. */
export const threadLoadCases: readonly Case[] = [
  {
    id: 'threads.values-under-load',
    title:
      'shows threads each decision with its own value, whatever the owner replaces, discards and compacts beside them',
    requires: ({ openBy }: Capabilities) =>
      openBy === 'many-threads' ? undefined : `it is opened by ${openBy}`,
    timeoutMs: TIMEOUT_MS,
    async run(ctx) {
      const log = await ctx.open()
      await withThreads(ctx, log, 2, async (...threads) => {
        const reading = threads.map((thread) => thread.call<LoadSeen>('readUnderLoad'))
        for (let at = 0; at < MOST_STEPS; at++) {
          await step(log, at * DECIDED)
          const seen = await Promise.all(threads.map((thread) => thread.call<LoadSeen>('seen')))
          const hasEnough = seen.every(({ values, compacted }) => values > 0 && compacted > 0)
          if (seen.some(({ wrong }) => wrong.length > 0) || (at >= STEPS && hasEnough)) break
        }
        await Promise.all(threads.map((thread) => thread.call('stopReading')))
        for (const { wrong, values, compacted } of await Promise.all(reading)) {
          expect(wrong, 'what a thread must not see').to.deep.equal([])
          if (values === 0) throw new Unproven('a thread saw no value while the owner worked')
          if (compacted === 0) throw new Unproven('a thread met no slot that was compacted')
        }
      })
    },
  },
]
