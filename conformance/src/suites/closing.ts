import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { expect } from 'chai'
import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { withChild } from '../crash/child.js'
import { expectQuietEnd } from '../crash/quiet-end.js'
import { outcomeOf, rejects } from '../running/assertions.js'
import { dump } from '../running/dump.js'
import { ballot, bytes, proposal, proposals } from '../running/values.js'
import { needsAll, needsReopen, type Case } from './case.js'

/** Cases that start processes, in ms: only what hangs takes so long. */
const SPAWN_TIMEOUT_MS = 60_000

/** Opens of the case about file descriptors, and how many of them may stay open for the process as a whole. */
const OPENS = 100
const DESCRIPTORS_OF_THE_PROCESS = 8

const DESCRIPTORS = '/proc/self/fd'
const needsDescriptors = (): string | undefined =>
  existsSync(DESCRIPTORS) ? undefined : `this system does not list file descriptors in ${DESCRIPTORS}`
const openDescriptors = async (): Promise<number> => (await readdir(DESCRIPTORS)).length

const next = (scan: AsyncIterable<unknown>): Promise<unknown> => scan[Symbol.asyncIterator]().next()

/** Every call of a log, made with arguments that an open log would take. */
const everyCall = (log: PersistentLog): Readonly<Record<string, () => unknown>> => ({
  promise: () => log.promise(ballot(9)),
  promised: () => log.promised(),
  accept: () => log.accept(proposal(9)),
  acceptAll: () => log.acceptAll(proposals(9, 2)),
  commit: () => log.commit({ slot: 1, ballot: ballot(1) }),
  commitAll: () => log.commitAll([{ slot: 1, ballot: ballot(1) }]),
  learn: () => log.learn(proposal(9)),
  learnAll: () => log.learnAll(proposals(9, 2)),
  read: () => log.read(0),
  readAccepted: () => log.readAccepted(1),
  decisions: () => log.decisions().nextBatch(),
  uncommitted: () => log.uncommitted().nextBatch(),
  discard: () => log.discard({ from: 1 }),
  bounds: () => log.bounds(),
  gaps: () => next(log.gaps()),
  compact: () => log.compact({ before: 1, withoutCheckpoint: true }),
  flush: () => log.flush(),
  verify: () => log.verify(),
  'checkpoints.store': () => log.checkpoints.store(1, bytes('state')),
  'checkpoints.install': () => log.checkpoints.install(5, bytes('state')),
  'checkpoints.latest': () => log.checkpoints.latest(),
  'checkpoints.nearest': () => log.checkpoints.nearest(1),
  'checkpoints.list': () => log.checkpoints.list(),
  'checkpoints.read': () => next(log.checkpoints.read(1)),
  'checkpoints.prune': () => log.checkpoints.prune({ keep: 1 }),
  'configuration.load': () => log.configuration.load('members'),
  'configuration.store': () => log.configuration.store('members', { version: 1, value: bytes('one') }),
  ...(log.syncReads && { 'syncReads.read': () => log.syncReads?.read(0) }),
  ...(log.borrowedReads && {
    'borrowedReads.read': () => log.borrowedReads?.read(0, (value) => value.length),
    'borrowedReads.scan': () => log.borrowedReads?.scan({}, () => undefined),
  }),
  ...(log.syncWrites && { 'syncWrites.accept': () => log.syncWrites?.accept(proposal(9)) }),
})

/** Closing a log ends everything that it began, and nothing else. */
export const closeCases: readonly Case[] = [
  {
    id: 'close.idempotent',
    title: 'can be closed any number of times, also at once',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      await Promise.all([log.close(), log.close(), log[Symbol.asyncDispose]()])
      await log.close()
      expect(log.status.state).to.equal('closed')
    },
  },
  {
    id: 'close.status-tells',
    title: 'says that it is open, closing, closed',
    async run(ctx) {
      const log = await ctx.open()
      expect(log.status.state).to.equal('open')
      const closing = log.close()
      expect(log.status.state).to.equal('closing')
      await closing
      expect(log.status.state).to.equal('closed')
    },
  },
  {
    id: 'close.then-ops-reject',
    title: 'refuses every call after close',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      await log.accept(proposal(1))
      const calls = everyCall(log)
      await log.close()
      for (const [name, call] of Object.entries(calls)) {
        const { error } = await outcomeOf(call)
        expect(
          isPersistentLogError(error, 'PLOG_NOT_OPEN'),
          `${name} after close: ${String(error)}`,
        ).to.equal(true)
      }
    },
  },
  {
    id: 'close.then-nothing-was-written',
    title: 'stores nothing of what was asked for after close was called',
    requires: needsReopen,
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      await log.accept(proposal(1))
      const before = await dump(log)
      const closing = log.close()
      const late = Object.values(everyCall(log)).map((call) => outcomeOf(call))
      for (const { error } of await Promise.all(late)) {
        expect(isPersistentLogError(error, 'PLOG_NOT_OPEN'), String(error)).to.equal(true)
      }
      await closing
      expect(await dump(await ctx.open())).to.deep.equal(before)
    },
  },
  {
    id: 'close.waits-for-pending',
    title: 'lets earlier calls finish before it is done, and they succeed',
    async run(ctx) {
      const log = await ctx.open()
      let settled = 0
      const outcomes = pendingCalls(log).map((call) => outcomeOf(call).finally(() => settled++))
      await log.close()
      // Their callers' own turns may come after that of whoever closed.
      await new Promise(setImmediate)
      expect(settled, 'calls that had settled when close did').to.equal(outcomes.length)
      for (const { error } of await Promise.all(outcomes)) expect(error).to.equal(undefined)
    },
  },
  {
    id: 'close.keeps-pending',
    title: 'stores what was still pending when it was called',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      const outcomes = pendingCalls(log).map((call) => outcomeOf(call))
      log = await ctx.reopen(log)
      for (const { error } of await Promise.all(outcomes)) expect(error).to.equal(undefined)
      expect(log.bounds()).to.include({ acceptedCount: 20, committedCount: 3 })
      expect(log.promised()).to.deep.equal(ballot(7))
      expect((await log.checkpoints.latest())?.slot).to.equal(0)
    },
  },
  {
    id: 'close.settles-who-waits-for-space',
    title: 'settles an accept that waits for space',
    async run(ctx) {
      const log = await ctx.open({ limits: { uncommittedBytes: 10 }, fullWaitMs: 200 })
      await log.accept(proposal(0, 1, '0123456789'))
      const waiting = outcomeOf(log.accept(proposal(1, 1, 'x')))
      await log.close()
      const { error } = await waiting
      const known = isPersistentLogError(error, 'PLOG_FULL') || isPersistentLogError(error, 'PLOG_NOT_OPEN')
      expect(known, String(error)).to.equal(true)
    },
  },
  {
    id: 'close.scan-rejects',
    title: 'ends a scan that it overtakes with an error, not as if nothing followed',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      const scan = log.decisions({}, { batchLength: 3 })
      expect(await scan.nextBatch()).to.have.length(3)
      await log.close()
      await rejects(scan.nextBatch(), 'PLOG_NOT_OPEN')
    },
  },
  {
    id: 'close.during-checkpoint',
    title: 'settles a checkpoint whose content is still being written; it is there whole or not at all',
    requires: needsReopen,
    async run(ctx) {
      const log = await ctx.open()
      let finish = (): void => undefined
      const rest = new Promise<void>((resolve) => (finish = resolve))
      let pulled = (): void => undefined
      const begun = new Promise<void>((resolve) => (pulled = resolve))
      const stored = outcomeOf(
        log.checkpoints.store(
          0,
          (async function* () {
            yield bytes('first half, ')
            pulled()
            await rest
            yield bytes('second half')
          })(),
        ),
      )
      await begun
      const closing = log.close()
      finish()
      await closing
      const { error } = await stored
      expect(error === undefined || isPersistentLogError(error, 'PLOG_NOT_OPEN'), String(error)).to.equal(
        true,
      )
      const latest = await (await ctx.open()).checkpoints.latest()
      expect(latest?.bytes).to.equal(error === undefined ? 'first half, second half'.length : undefined)
    },
  },
  {
    id: 'close.no-fd-leak',
    title: `gives every file descriptor back: ${OPENS} opens leave no more open than one`,
    requires: needsDescriptors,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      const one = await ctx.open()
      await ctx.reopen(one).then((log) => log.close())
      const before = await openDescriptors()
      for (let time = 0; time < OPENS; time++) {
        const log = await ctx.open()
        if (time === 0) await log.learn(proposal(0))
        await log.close()
      }
      const after = await openDescriptors()
      expect(after - before, 'file descriptors more than before').to.be.at.most(DESCRIPTORS_OF_THE_PROCESS)
    },
  },
  {
    id: 'close.refused-open-leaks-nothing',
    title: 'gives every file descriptor back when it refuses to open',
    requires: needsAll(needsDescriptors, ({ survives }) =>
      survives.accept === 'machine-loss' ? 'no level is above machine-loss' : undefined,
    ),
    async run(ctx) {
      const refuse = () => rejects(ctx.open({ durability: { accept: 'machine-loss' } }), 'PLOG_UNSUPPORTED')
      await refuse()
      const before = await openDescriptors()
      for (let time = 0; time < 30; time++) await refuse()
      const after = await openDescriptors()
      expect(after - before, 'file descriptors more than before').to.be.at.most(DESCRIPTORS_OF_THE_PROCESS)
    },
  },
  {
    id: 'close.no-live-handles',
    title: 'lets a process end by itself when its log is closed, without a word of complaint',
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      await withChild(async (child) => {
        await child.open(ctx.order())
        child.tell({ kind: 'run', window: 4, operations: [0, 1, 2].map((slot) => learnOf(slot)) })
        while ((await child.expect('will', 'did', 'ran')).kind !== 'ran');
        await child.close()
        // A promise that is rejected and that nobody holds ends the process with a word on stderr.
        expectQuietEnd(await child.leave())
      })
    },
  },
  {
    id: 'close.open-log-keeps-nothing-alive',
    title: 'does not keep a process alive that is done and did not close it',
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    requires: ({ openBy }) =>
      openBy === 'many-machines' ? 'a connection may keep its process alive' : undefined,
    async run(ctx) {
      await withChild(async (child) => {
        await child.open(ctx.order())
        expectQuietEnd(await child.leave())
      })
    },
  },
]

/** Calls of several kinds, none of them awaited. */
const pendingCalls = (log: PersistentLog): Promise<unknown>[] => [
  ...Array.from({ length: 20 }, (_, slot) => log.accept(proposal(slot))),
  log.learnAll(proposals(30, 3)),
  log.promise(ballot(7)),
  log.configuration.store('members', { version: 1, value: bytes('one') }),
  log.checkpoints.store(0, bytes('state')),
]

const learnOf = (slot: number) =>
  ({ kind: 'learn', entry: { slot, round: 1, nodeId: 0, value: 'decision' } }) as const
