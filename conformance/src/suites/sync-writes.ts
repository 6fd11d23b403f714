import { expect } from 'chai'
import {
  isPersistentLogError,
  survivesAtLeast,
  type Capabilities,
  type PersistentLog,
  type SyncWrites,
} from '@persistent-log/core'
import { outcomeOf, rejects, rejectsArgument, started } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { ballot, bytes, patterned, proposal, proposals, text } from '../running/values.js'
import type { Case } from './case.js'

const needsSyncWrites = ({ syncWrites }: Capabilities): string | undefined =>
  syncWrites === undefined ? 'it has no synchronous writes' : undefined

/** A slot that no case uses otherwise. */
const APART = 1_000

/** Opens the log and brings it to where a synchronous write has to wait for nothing. */
async function openReady(
  ctx: CaseContext,
  overrides: Parameters<CaseContext['open']>[0] = {},
): Promise<{ log: PersistentLog; writes: SyncWrites }> {
  const log = await ctx.open(overrides)
  const writes = log.syncWrites!
  await log.accept(proposal(APART, 1, ''), { survives: writes.survives })
  return { log, writes }
}

/** Refused as too early, or judged behind what is under way and refused by the law: never done before it. */
async function isHeldBack(attempt: () => unknown, ...refusals: readonly string[]): Promise<void> {
  const { error } = await outcomeOf(attempt)
  expect(isPersistentLogError(error), 'it succeeded before what it had to wait for').to.equal(true)
  expect(['PLOG_BUSY', ...refusals]).to.include((error as { code: string }).code)
}

/** Writes without a Promise: the same law, at once, and never before what is under way. */
export const syncWriteCases: readonly Case[] = [
  {
    id: 'sync.shown-at-once',
    title: 'shows a synchronous write as soon as it returns, to reads, scans, bounds and metrics',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx)
      const before = log.metrics()
      writes.accept(proposal(0, 1, 'now'))
      expect(log.bounds()).to.include({ acceptedCount: 2, contiguousTo: 0 })
      writes.commit({ slot: 0, ballot: ballot(1) })
      expect(log.bounds()).to.include({ acceptedCount: 1, committedCount: 1, contiguousTo: 1 })
      expect(text((await log.read(0))?.value)).to.equal('now')
      expect((await log.decisions().nextBatch())?.map(({ slot }) => slot)).to.deep.equal([0])
      const { accepts, commits } = log.metrics()
      expect({ accepts, commits }).to.deep.equal({
        accepts: before.accepts + 1,
        commits: before.commits + 1,
      })
    },
  },
  {
    id: 'sync.same-law',
    title: 'judges synchronous writes by the same law as their twins',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx)
      writes.accept(proposal(0, 2, 'a'))
      await ctx.unchanged(log, async () => {
        writes.accept(proposal(0, 2, 'a'))
        await rejects(() => writes.accept(proposal(0, 1, 'b')), 'PLOG_STALE_BALLOT', { stored: ballot(2) })
        await rejects(() => writes.accept(proposal(0, 2, 'b')), 'PLOG_BALLOT_REUSED')
        await rejects(() => writes.commit({ slot: 0, ballot: ballot(1) }), 'PLOG_BALLOT_MISMATCH')
        await rejects(() => writes.commit({ slot: 1, ballot: ballot(1) }), 'PLOG_NOT_ACCEPTED')
      })
      writes.accept(proposal(0, 3, 'c'))
      writes.commit({ slot: 0, ballot: ballot(3) })
      await ctx.unchanged(log, async () => {
        writes.commit({ slot: 0, ballot: ballot(9) })
        writes.accept(proposal(0, 1, 'c'))
        await rejects(() => writes.accept(proposal(0, 9, 'd')), 'PLOG_ALREADY_COMMITTED')
      })
      await log.promise(ballot(5))
      await rejects(() => writes.accept(proposal(2, 4)), 'PLOG_STALE_BALLOT', { promised: ballot(5) })
      await log.compact({ before: 1, withoutCheckpoint: true })
      await rejects(() => writes.accept(proposal(0, 9)), 'PLOG_COMPACTED')
      await rejects(() => writes.commit({ slot: 0, ballot: ballot(3) }), 'PLOG_COMPACTED')
    },
  },
  {
    id: 'sync.not-before-a-promise',
    title: 'lets no synchronous accept pass a promise of a higher ballot that is under way',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx)
      const promised = started(log.promise(ballot(7)))
      await isHeldBack(() => writes.accept(proposal(0, 3)), 'PLOG_STALE_BALLOT')
      await promised
      expect(await log.readAccepted(0)).to.equal(undefined)
      await rejects(() => writes.accept(proposal(0, 3)), 'PLOG_STALE_BALLOT', { promised: ballot(7) })
    },
  },
  {
    id: 'sync.not-before-its-slot',
    title: 'judges a synchronous write behind the writes of its slot that are under way, or not yet',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx)
      const higher = started(log.accept(proposal(0, 5, 'higher')))
      const { error } = await outcomeOf(() => writes.accept(proposal(0, 2, 'lower')))
      expect(isPersistentLogError(error), 'a lower ballot replaced a higher one').to.equal(true)
      await higher
      expect(text((await log.readAccepted(0))?.value)).to.equal('higher')

      const batch = started(log.acceptAll([proposal(1, 5, 'one'), proposal(2, 5, 'two')]))
      await isHeldBack(() => writes.accept(proposal(2, 2, 'lower')), 'PLOG_STALE_BALLOT')
      await batch
      expect(text((await log.readAccepted(2))?.value)).to.equal('two')
    },
  },
  {
    id: 'sync.a-later-one-stays',
    title: 'keeps a synchronous write over an earlier one of its slot that is flushed after it',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx)
      const earlier = started(log.accept(proposal(0, 1, 'earlier')))
      const { error } = await outcomeOf(() => writes.accept(proposal(0, 2, 'later')))
      if (error) {
        expect((error as { code?: unknown }).code).to.equal('PLOG_BUSY')
        await log.accept(proposal(0, 2, 'later'), { survives: writes.survives })
      }
      await earlier
      await log.flush()
      expect(text((await log.readAccepted(0))?.value)).to.equal('later')
      writes.commit({ slot: 0, ballot: ballot(2) })
      expect(text((await log.read(0))?.value)).to.equal('later')
    },
  },
  {
    id: 'sync.owns-its-bytes',
    title: 'keeps what it was handed by a synchronous write, whatever the caller does with the bytes later',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx)
      const value = bytes('value')
      const proof = bytes('proof')
      writes.accept({ slot: 0, ballot: ballot(1), value, proof })
      value.fill(0)
      proof.fill(0)
      const accepted = await log.readAccepted(0)
      expect([text(accepted?.value), text(accepted?.proof)]).to.deep.equal(['value', 'proof'])
      const certificate = bytes('certificate')
      writes.commit({ slot: 0, ballot: ballot(1), proof: certificate })
      certificate.fill(0)
      expect(text((await log.read(0))?.proof), 'a proof given with the commit replaces it').to.equal(
        'certificate',
      )
    },
  },
  {
    id: 'sync.limits',
    title: 'takes exactly the limit in a synchronous write, and refuses one byte more',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx, { limits: { valueBytes: 500 } })
      writes.accept({ ...proposal(0), value: patterned(500), proof: patterned(500, 3) })
      await ctx.unchanged(log, async () => {
        await rejects(() => writes.accept(proposal(1, 1, patterned(501))), 'PLOG_TOO_LARGE', { limit: 500 })
        const proof = patterned(501)
        await rejects(() => writes.accept({ ...proposal(1), proof }), 'PLOG_TOO_LARGE')
        await rejects(() => writes.commit({ slot: 0, ballot: ballot(1), proof }), 'PLOG_TOO_LARGE')
      })
      expect((await log.readAccepted(0))?.value).to.deep.equal(patterned(500))
    },
  },
  {
    id: 'sync.busy-without-space',
    title: 'is busy where an accept would have to wait for space, and ready when there is some again',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx, { limits: { uncommittedBytes: 10 } })
      writes.accept(proposal(0, 1, '12345678'))
      await ctx.unchanged(log, async () => {
        await rejects(() => writes.accept(proposal(1, 1, '123')), 'PLOG_BUSY')
        await rejects(() => writes.accept(proposal(1, 1, '12345678901')), 'PLOG_TOO_LARGE')
      })
      writes.accept(proposal(1, 1, '12'))
      writes.commit({ slot: 0, ballot: ballot(1) })
      writes.accept(proposal(2, 1, '12345678'))
      expect(log.bounds().acceptedCount).to.equal(3)
    },
  },
  {
    id: 'sync.frees-space',
    title: 'lets an accept that waits for space go on when a synchronous commit makes some',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx, { limits: { uncommittedBytes: 10 } })
      writes.accept(proposal(0, 1, '12345678'))
      const waiting = started(log.accept(proposal(1, 1, '1234')))
      await isHeldBack(() => writes.accept(proposal(1, 2, '1')))
      writes.commit({ slot: 0, ballot: ballot(1) })
      await waiting
      expect(text((await log.readAccepted(1))?.value)).to.equal('1234')
    },
  },
  {
    id: 'sync.arguments',
    title: 'refuses wrong arguments of synchronous writes, names the field, and changes nothing',
    requires: needsSyncWrites,
    async run(ctx) {
      const { log, writes } = await openReady(ctx)
      const wrong = (changes: object) => ({ ...proposal(0), ...changes })
      await ctx.unchanged(log, async () => {
        await rejectsArgument(() => writes.accept(wrong({ slot: -1 })), 'RangeError', 'slot')
        await rejectsArgument(() => writes.accept(wrong({ slot: 2 ** 53 })), 'RangeError', 'slot')
        await rejectsArgument(() => writes.accept(wrong({ ballot: undefined })), 'TypeError', 'ballot')
        await rejectsArgument(() => writes.accept(wrong({ value: 'text' })), 'TypeError', 'value')
        await rejectsArgument(() => writes.accept(wrong({ proof: 1 })), 'TypeError', 'proof')
        await rejectsArgument(() => writes.commit(wrong({ slot: 0.5 })), 'RangeError', 'slot')
        await rejectsArgument(() => writes.commit(undefined as never), 'TypeError', 'id')
      })
    },
  },
  {
    id: 'sync.kept-by-close',
    title: 'finds after reopening what was written synchronously',
    requires: (capabilities) =>
      needsSyncWrites(capabilities) ??
      (survivesAtLeast(capabilities.survives.accept, 'process-crash')
        ? undefined
        : 'nothing of it outlives the process'),
    async run(ctx) {
      const opened = await openReady(ctx)
      let { log } = opened
      for (const one of proposals(0, 50)) opened.writes.accept(one)
      for (let slot = 0; slot < 40; slot++) opened.writes.commit({ slot, ballot: ballot(1) })
      opened.writes.accept(proposal(45, 2, 'newer'))
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ committedCount: 40, acceptedCount: 11, contiguousTo: 40 })
      expect(text((await log.read(39))?.value)).to.equal('value 39.1')
      expect(text((await log.readAccepted(45))?.value)).to.equal('newer')
    },
  },
]
