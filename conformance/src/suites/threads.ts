import { expect } from 'chai'
import {
  attachLog,
  type Capabilities,
  type Decision,
  type LogEntry,
  type ThreadHandle,
} from '@persistent-log/core'
import { rejects, rejectsArgument, started } from '../running/assertions.js'
import { ballot, bytes, patterned, proposal, proposals, text } from '../running/values.js'
import { withThreads, type ThreadCall } from '../threads/attached.js'
import type { Case } from './case.js'

const needsThreads = ({ openBy }: Capabilities): string | undefined =>
  openBy === 'many-threads' ? undefined : `it is opened by ${openBy}`

/** A thread takes its time to start on a busy machine. */
const TIMEOUT_MS = 60_000

const threadCase = (one: Omit<Case, 'requires' | 'timeoutMs'>): Case => ({
  ...one,
  requires: needsThreads,
  timeoutMs: TIMEOUT_MS,
})

/** What a borrowed scan of a thread lent, and where it ended. */
interface Lent {
  readonly lent: readonly { readonly slot: number; readonly value: Uint8Array }[]
  readonly end: number
}

const calls = (...list: readonly (readonly [string, ...unknown[]])[]): readonly ThreadCall[] =>
  list.map(([method, ...args]) => ({ method, args }))

/** One log in several threads: the owner judges, everybody sees the same. */
export const threadCases: readonly Case[] = [
  threadCase({
    id: 'threads.reads-what-is-decided',
    title: 'shows an attached thread every decision, and nothing that is undecided',
    async run(ctx) {
      const log = await ctx.open()
      const value = patterned(1, 40_000)
      await log.learnAll([...proposals(0, 20), { ...proposal(20), value, proof: bytes('proof') }])
      await log.accept(proposal(25))
      await withThreads(ctx, log, 1, async (thread) => {
        for (let slot = 0; slot < 20; slot++) {
          const read = await thread.call<Decision>('read', slot)
          expect(text(read.value), `slot ${slot}`).to.equal(text(proposal(slot).value))
          expect(read.ballot).to.deep.equal(ballot(1))
        }
        const last = await thread.call<Decision>('read', 20)
        expect(Buffer.compare(last.value, value)).to.equal(0)
        expect(text(last.proof)).to.equal('proof')
        expect(await thread.call('read', 25)).to.equal(undefined)
        expect((await thread.call<Decision>('readAccepted', 25)).slot).to.equal(25)
        const slots = (await thread.call<LogEntry[]>('scan', {}, { batchLength: 3 })).map(({ slot }) => slot)
        expect(slots).to.deep.equal(Array.from({ length: 21 }, (_, slot) => slot))
        await log.learn(proposal(30))
        expect((await thread.call<Decision>('read', 30)).slot).to.equal(30)
        expect(await thread.call('bounds')).to.deep.equal({
          compactedBefore: 0,
          contiguousTo: 21,
          decidedTo: 31,
        })
      })
    },
  }),
  threadCase({
    id: 'threads.facets-agree',
    title: 'reads the same in a thread with and without a Promise or a copy',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(7, 1, 'seven'))
      await withThreads(ctx, log, 1, async (thread) => {
        const read = await thread.call<Decision>('read', 7)
        expect(text(read.value)).to.equal('seven')
        const { syncReads, borrowedReads } = await thread.call<Capabilities>('capabilitiesOf')
        const now = await thread.call<Decision | undefined>('syncRead', 7)
        expect(text(now?.value)).to.equal(syncReads ? 'seven' : undefined)
        const lent = await thread.call<Uint8Array | undefined>('borrow', 7)
        expect(text(lent)).to.equal(borrowedReads ? 'seven' : undefined)
        expect(await thread.call('syncRead', 1)).to.equal(undefined)
        await log.learnAll([8, 9, 12].map((slot) => proposal(slot, 1, `${slot}`)))
        const lentOf = async (range: object, last: number): Promise<unknown> => {
          const scanned = await thread.call<Lent | undefined>('lend', range, last)
          return scanned && { ...scanned, lent: scanned.lent.map(({ value }) => text(value)) }
        }
        const behind = borrowedReads ? { lent: ['8', '9', '12'], end: 13 } : undefined
        expect(await lentOf({ from: 8 }, 20)).to.deep.equal(behind)
        const first = borrowedReads ? { lent: ['seven', '8'], end: 9 } : undefined
        expect(await lentOf({}, 8)).to.deep.equal(first)
      })
    },
  }),
  threadCase({
    id: 'threads.wait-then-read',
    title: 'ends a wait when the slot and all before it are decided, and a read that follows finds it',
    async run(ctx) {
      const log = await ctx.open()
      await withThreads(ctx, log, 1, async (thread) => {
        let isOver = false
        const waited = thread.call('waitFor', 3).then(() => (isOver = true))
        await log.learnAll([proposal(0), proposal(1), proposal(3)])
        expect((await thread.call<Decision>('read', 3)).slot).to.equal(3)
        expect(isOver, 'the wait ended before slot 2 was decided').to.equal(false)
        await log.learn(proposal(2))
        await waited
        for (let slot = 4; slot < 60; slot++) {
          const seen = thread.call<readonly PromiseSettledResult<Decision>[]>(
            'all',
            ...calls(['waitFor', slot]),
          )
          const learned = log.learn(proposal(slot))
          await seen
          const found = await thread.call<Decision | undefined>('read', slot)
          expect(found?.slot, 'a read behind a wait').to.equal(slot)
          await learned
        }
      })
    },
  }),
  threadCase({
    id: 'threads.same-law',
    title: 'judges the writes of threads by the law of the one log',
    async run(ctx) {
      const log = await ctx.open()
      await withThreads(ctx, log, 2, async (one, two) => {
        await one.call('promise', ballot(3))
        await ctx.unchanged(log, async () => {
          await two.refused('PLOG_STALE_BALLOT', 'accept', proposal(0, 2))
          await rejects(log.accept(proposal(0, 2)), 'PLOG_STALE_BALLOT', { promised: ballot(3) })
          await one.refused('PLOG_NOT_ACCEPTED', 'commit', { slot: 0, ballot: ballot(3) })
          await one.refused('RangeError', 'accept', { ...proposal(0), slot: -1 })
          await one.refused('TypeError', 'accept', { ...proposal(0), value: 'text' })
        })
        await two.call('accept', proposal(0, 3, 'a'))
        await one.refused('PLOG_BALLOT_REUSED', 'accept', proposal(0, 3, 'b'))
        await rejects(log.accept(proposal(0, 3, 'b')), 'PLOG_BALLOT_REUSED')
        await one.call('commit', { slot: 0, ballot: ballot(3) })
        await two.refused('PLOG_ALREADY_COMMITTED', 'learn', proposal(0, 9, 'b'))
        await two.call('acceptAll', proposals(1, 2, 4))
        await one.call(
          'commitAll',
          [1, 2].map((slot) => ({ slot, ballot: ballot(4) })),
        )
        await log.accept(proposal(7, 5))
        expect(await two.call('discard', { from: 7 })).to.deep.equal({ discarded: 1, keptCommitted: 0 })
      })
      expect(log.bounds()).to.include({ contiguousTo: 3, nextSlot: 3 })
      expect(log.promised()).to.deep.equal(ballot(3))
    },
  }),
  threadCase({
    id: 'threads.call-order',
    title: 'judges the calls of one thread in the order in which it makes them',
    async run(ctx) {
      const log = await ctx.open()
      await withThreads(ctx, log, 1, async (thread) => {
        const rounds = Array.from({ length: 30 }, (_, at) => at + 1)
        const accepts = rounds.map((round) => ['accept', proposal(0, round, `${round}`)] as const)
        const outcomes = await thread.call<readonly PromiseSettledResult<void>[]>('all', ...calls(...accepts))
        expect(outcomes.filter(({ status }) => status === 'rejected')).to.have.length(0)
        expect(text((await log.readAccepted(0))?.value)).to.equal('30')
        const both = await thread.call<readonly PromiseSettledResult<void>[]>(
          'all',
          ...calls(['promise', ballot(99)], ['accept', proposal(1, 98)]),
        )
        expect(both.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected'])
      })
    },
  }),
  threadCase({
    id: 'threads.batch-at-once',
    title: 'shows a thread the items of a batch at once',
    async run(ctx) {
      const log = await ctx.open()
      const to = 200
      await withThreads(ctx, log, 1, async (thread) => {
        const halves = thread.call<number>('halves', 0, to)
        for (let slot = 0; slot < to; slot += 2) await log.learnAll([proposal(slot + 1), proposal(slot)])
        expect(await halves, 'batches that were seen by halves, or with another value').to.equal(0)
      })
    },
  }),
  threadCase({
    id: 'threads.compacted-is-said',
    title: 'tells a thread that a slot was compacted, by each way of reading, and ends its scan',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 20))
      await withThreads(ctx, log, 1, async (thread) => {
        expect((await thread.call<Decision>('read', 3)).slot).to.equal(3)
        await log.compact({ before: 10, withoutCheckpoint: true })
        await thread.refused('PLOG_COMPACTED', 'read', 3)
        await thread.refused('PLOG_COMPACTED', 'waitFor', 9)
        await thread.refused('PLOG_COMPACTED', 'scan', { from: 9 })
        const { syncReads, borrowedReads } = await thread.call<Capabilities>('capabilitiesOf')
        if (syncReads) await thread.refused('PLOG_COMPACTED', 'syncRead', 3)
        if (borrowedReads) await thread.refused('PLOG_COMPACTED', 'borrow', 3)
        expect(await thread.call('scan')).to.have.length(10)
        expect((await thread.call<Decision>('read', 10)).slot).to.equal(10)
      })
    },
  }),
  threadCase({
    id: 'threads.close-ends-them',
    title: 'ends the logs of all threads with the one of the owner: waits, reads and writes are refused',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      await withThreads(ctx, log, 1, async (thread) => {
        const waiting = started(thread.outcome('waitFor', 50))
        expect((await thread.call<Decision>('read', 0)).slot).to.equal(0)
        await log.close()
        await thread.refused('PLOG_NOT_OPEN', 'read', 0)
        await thread.refused('PLOG_NOT_OPEN', 'accept', proposal(1))
        await thread.refused('PLOG_NOT_OPEN', 'scan', {})
        expect((await waiting).error).to.equal('PLOG_NOT_OPEN')
      })
      await rejects(() => log.threadHandle!(), 'PLOG_NOT_OPEN')
    },
  }),
  threadCase({
    id: 'threads.names-are-known',
    title: 'refuses in a thread an option that is not known there, proposals of a scan too',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 4))
      await log.commit({ slot: 0, ballot: ballot(1) })
      const wrong: readonly (readonly [string, ...unknown[]])[] = [
        ['scan', {}, { includeAccepted: true }],
        ['scan', { includeAccepted: true }, {}],
        ['promise', ballot(9), { signl: 1 }],
        ['acceptAll', [proposal(9)], { discardfrom: 2 }],
        ['commitAll', [{ slot: 1, ballot: ballot(1) }], { survive: 'nothing' }],
        ['learnAll', [proposal(9)], { discardFrom: 2 }],
        ['discard', { from: 1, until: 2 }],
        ['discard', { from: 1 }, { survive: 'nothing' }],
      ]
      await withThreads(ctx, log, 1, async (thread) => {
        await ctx.unchanged(log, async () => {
          for (const [method, ...args] of wrong) await thread.refused('TypeError', method, ...args)
        })
        expect(await thread.call('scan', {}, { batchLength: 2, includeAccepted: undefined })).to.have.length(
          1,
        )
      })
    },
  }),
  threadCase({
    id: 'threads.bad-handle',
    title: 'refuses what is no handle, and names what is wrong with it',
    async run(ctx) {
      const log = await ctx.open()
      const { backend } = ctx.target
      const handle = log.threadHandle!()
      const plain = JSON.parse(JSON.stringify(handle)) as ThreadHandle
      for (const wrong of [undefined, {}, plain]) {
        await rejectsArgument(attachLog(wrong as ThreadHandle, { backend }), 'TypeError', 'handle')
      }
      await log.close()
      await rejects(attachLog(handle, { backend }), 'PLOG_NOT_OPEN')
    },
  }),
]
