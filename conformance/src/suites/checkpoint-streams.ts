import { expect } from 'chai'
import type { CheckpointContent, CheckpointInfo, PersistentLog } from '@persistent-log/core'
import type { CaseContext } from '../running/case-context.js'
import { outcomeOf, rejects } from '../running/assertions.js'
import { ballot, bytes, hex, joined, patterned, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** A call that hangs is set free after so many ms, and has failed then. */
const RESCUE_MS = 10_000

type Publish = (
  log: PersistentLog,
  content: CheckpointContent,
  options: { readonly signal: AbortSignal },
) => Promise<CheckpointInfo>

const PUBLISHING: readonly Publish[] = [
  (log, content, options) => log.checkpoints.store(3, content, options),
  (log, content, options) => log.checkpoints.install(3, content, options),
]

async function withCheckpoint(ctx: CaseContext): Promise<PersistentLog> {
  const log = await ctx.open()
  await log.learnAll(proposals(0, 5))
  await log.checkpoints.store(1, bytes('good'))
  return log
}

/** The next store is not disturbed by what an aborted one left behind. */
async function expectUsable(log: PersistentLog): Promise<void> {
  await log.checkpoints.store(3, bytes('second attempt'))
  expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([1, 3])
  expect(text(await joined(log.checkpoints.read(3)))).to.equal('second attempt')
}

/** Checkpoints whose content comes or goes slowly: aborted on their way in, pruned or closed on their way out. */
export const checkpointStreamCases: readonly Case[] = [
  {
    id: 'cp.stalled-stream-aborted',
    title: 'rejects with the reason of its signal when its stream stands still, and leaves the old state',
    async run(ctx) {
      const log = await withCheckpoint(ctx)
      for (const publish of PUBLISHING) {
        const control = new AbortController()
        const reason = new Error('it took too long')
        let isRescued = false
        let setFree = (): void => undefined
        const free = new Promise<void>((resolve) => (setFree = resolve))
        const rescue = setTimeout(() => {
          isRescued = true
          setFree()
        }, RESCUE_MS)
        async function* stalling(): AsyncGenerator<Uint8Array> {
          yield patterned(100_000)
          setImmediate(() => control.abort(reason))
          await free
        }
        await ctx.unchanged(log, async () => {
          const { error } = await outcomeOf(publish(log, stalling(), { signal: control.signal }))
          clearTimeout(rescue)
          setFree()
          expect(error).to.equal(reason)
          expect(isRescued, 'it waited for a stream that stands still').to.equal(false)
        })
      }
      await expectUsable(log)
    },
  },
  {
    id: 'cp.aborted-at-commit-point',
    title: 'leaves the old state when it is aborted after its last chunk, just before the commit point',
    async run(ctx) {
      const log = await withCheckpoint(ctx)
      for (const publish of PUBLISHING) {
        const control = new AbortController()
        const reason = new Error('at the last moment')
        async function* content(): AsyncGenerator<Uint8Array> {
          yield patterned(100_000)
          control.abort(reason)
        }
        await ctx.unchanged(log, async () => {
          const { error } = await outcomeOf(publish(log, content(), { signal: control.signal }))
          expect(error).to.equal(reason)
        })
      }
      await expectUsable(log)
    },
  },
  {
    id: 'cp.aborted-leaves-nothing',
    title: 'has nothing of an aborted checkpoint after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await withCheckpoint(ctx)
      for (const publish of PUBLISHING) {
        const control = new AbortController()
        async function* content(): AsyncGenerator<Uint8Array> {
          yield patterned(100_000)
          control.abort(new Error('enough'))
        }
        await outcomeOf(publish(log, content(), { signal: control.signal }))
      }
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ compactedBefore: 0, committedCount: 5 })
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([1])
      await expectUsable(log)
    },
  },
  {
    id: 'cp.read-held-over-prune',
    title: 'goes on handing out the whole content to a reader that was there before the prune',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      const state = patterned(400_000)
      await log.checkpoints.store(1, state)
      await log.checkpoints.store(2, bytes('newer'))
      const reader = log.checkpoints.read(1)[Symbol.asyncIterator]()
      const first = await reader.next()
      expect(await log.checkpoints.prune({ keep: 1 })).to.deep.equal({ removed: 1 })
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([2])
      const chunks: Uint8Array[] = []
      for (let step = first; !step.done; step = await reader.next()) chunks.push(Uint8Array.from(step.value))
      expect(hex(Buffer.concat(chunks))).to.equal(hex(state))
      await rejects(joined(log.checkpoints.read(1)), 'PLOG_CHECKPOINT_REQUIRED')
      expect(text(await joined(log.checkpoints.read(2)))).to.equal('newer')
    },
  },
  {
    id: 'cp.read-held-over-close',
    title: 'refuses a reader that close overtakes with PLOG_NOT_OPEN; it does not just end',
    async run(ctx) {
      const log = await ctx.open()
      await log.checkpoints.store(0, patterned(400_000))
      const reader = log.checkpoints.read(0)[Symbol.asyncIterator]()
      expect((await reader.next()).done).to.equal(false)
      await log.close()
      await rejects(reader.next(), 'PLOG_NOT_OPEN')
    },
  },
  {
    id: 'cp.read-held-then-reopen',
    title: 'still has the content after reopening when a reader was held open over prune and close',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      const state = patterned(400_000)
      await log.checkpoints.store(1, patterned(400_000, 1))
      await log.checkpoints.store(2, state)
      const readers = [1, 2].map((slot) => log.checkpoints.read(slot)[Symbol.asyncIterator]())
      for (const reader of readers) expect((await reader.next()).done).to.equal(false)
      await log.checkpoints.prune({ keep: 1 })
      log = await ctx.reopen(log)
      for (const reader of readers) await rejects(reader.next(), 'PLOG_NOT_OPEN')
      expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([2])
      expect(hex(await joined(log.checkpoints.read(2)))).to.equal(hex(state))
    },
  },
  {
    id: 'cp.retry-answers-stored',
    title: 'answers a repeated store with what is stored, not with what the repetition says about it',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 5))
      const about = { ballot: ballot(1, 2), metadata: bytes('first') }
      const stored = await log.checkpoints.store(4, bytes('four'), about)
      await ctx.unchanged(log, async () => {
        expect(await log.checkpoints.store(4, bytes('four'), about)).to.deep.equal(stored)
        expect(await log.checkpoints.store(4, bytes('four'))).to.deep.equal(stored)
        const other = { ballot: ballot(9), metadata: bytes('second') }
        expect(await log.checkpoints.store(4, bytes('four'), other)).to.deep.equal(stored)
      })
      expect(await log.checkpoints.latest()).to.deep.equal(stored)
    },
  },
]
