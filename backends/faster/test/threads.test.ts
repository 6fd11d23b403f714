import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { attachLog, type Decision, type PersistentLog, type ThreadHandle } from '@persistent-log/core'
import type { Call } from './support/caller-thread.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { ThreadCaller } from './support/thread-caller.js'
import { valueOf } from './support/thread-values.js'

const BALLOT = { round: 1, nodeId: 1 }
const proposal = (slot: number, round = 1) => ({ slot, ballot: { round, nodeId: 1 }, value: valueOf(slot) })
const SMALL = { segmentBytes: 64 * 1024, regionBytes: 64 * 1024 }

async function decide(
  log: PersistentLog,
  from: number,
  to: number,
  survives = 'power-loss' as const,
): Promise<void> {
  const decisions = []
  for (let slot = from; slot < to; slot++) decisions.push(proposal(slot))
  await log.learnAll(decisions, { survives })
}

for (const mmap of ['required', 'off'] as const) {
  describe(`faster: threads, mmap ${mmap}`, function () {
    this.timeout(60_000)
    let directory: string
    let log: PersistentLog
    const callers: ThreadCaller[] = []

    const attach = async (handle?: ThreadHandle): Promise<ThreadCaller> => {
      const caller = await ThreadCaller.attach(log, handle)
      callers.push(caller)
      return caller
    }

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'plog-threads-'))
      log = await openDirectoryLog(directory, { ...SMALL, mmap })
    })

    afterEach(async () => {
      await Promise.all(callers.splice(0).map((caller) => caller.end()))
      await log.close()
      await rm(directory, { recursive: true, force: true })
    })

    const expectSlots = async (thread: ThreadCaller, from: number, to: number): Promise<void> => {
      for (let slot = from; slot < to; slot++) {
        const decision = await thread.call<Decision>('syncRead', slot)
        expect(Buffer.from(decision?.value ?? []).toString(), `slot ${slot}`).equal(valueOf(slot).toString())
        expect(await thread.call('borrow', slot)).equal(valueOf(slot).toString())
      }
    }

    it('reads what was decided before it attached and after, in the region and in the tail', async () => {
      await decide(log, 0, 20)
      for (let slot = 20; slot < 40; slot++) {
        await log.accept(proposal(slot), { survives: 'process-crash' })
        await log.commit({ slot, ballot: BALLOT }, { survives: 'process-crash' })
      }
      const thread = await attach()
      await expectSlots(thread, 0, 40)
      expect(await thread.call('syncRead', 40)).equal(undefined)
      await log.accept(proposal(40), { survives: 'process-crash' })
      expect(await thread.call('syncRead', 40)).equal(undefined)
      await log.commit({ slot: 40, ballot: BALLOT }, { survives: 'process-crash' })
      await decide(log, 41, 60)
      await thread.call('waitFor', 59)
      await expectSlots(thread, 40, 60)
      expect(await thread.call('bounds')).deep.equal({ compactedBefore: 0, contiguousTo: 60, decidedTo: 60 })
    })

    it('reads on while entries move from the region to the tail, and segments are sealed', async () => {
      const thread = await attach()
      for (let slot = 0; slot < 1_500; slot++) {
        await log.accept(proposal(slot), { survives: 'process-crash' })
        await log.commit({ slot, ballot: BALLOT }, { survives: 'process-crash' })
      }
      await log.flush()
      await expectSlots(thread, 0, 1_500)
      expect(await thread.call<number[]>('scan', { from: 100, to: 1_400 })).length(1_300)
    })

    it('reads what a log that was closed and opened again holds', async () => {
      await decide(log, 0, 700)
      await log.close()
      log = await openDirectoryLog(directory, { ...SMALL, mmap })
      const thread = await attach()
      await expectSlots(thread, 0, 700)
      await decide(log, 700, 1_400)
      await expectSlots(thread, 650, 1_400)
    })

    it('scans gaps and far-apart slots, ascending', async () => {
      const slots = [0, 1, 5, 700, 701, 90_000, 5_000_000_000, Number.MAX_SAFE_INTEGER - 1]
      await log.learnAll(slots.map((slot) => proposal(slot)))
      const thread = await attach()
      expect(await thread.call('scan')).deep.equal(slots)
      expect(await thread.call('scan', { from: 2, to: 90_000 })).deep.equal([5, 700, 701])
      expect(await thread.call('scan', { from: 0 }, { batchLength: 1 })).deep.equal(slots)
      await log.learn(proposal(3))
      expect(await thread.call('scan', { to: 6 })).deep.equal([0, 1, 3, 5])
    })

    it('lends what a scan hands out, ends where it is told to, and says from where to go on', async () => {
      const slots = [0, 1, 5, 700, 701, 90_000]
      await log.learnAll(slots.map((slot) => proposal(slot)))
      await log.accept(proposal(95_000))
      const thread = await attach()
      for (const range of [{}, { from: 1, to: 701 }, { from: 2 }, { from: 7, to: 7 }, { from: 90_001 }]) {
        const expected = await thread.call<number[]>('scan', range)
        const end = Math.max(range.from ?? 0, range.to ?? 90_001)
        expect(await thread.call('lend', range)).deep.equal({ lent: expected, end })
      }
      expect(await thread.call('lend', {}, 5)).deep.equal({ lent: [0, 1, 5], end: 6 })
      await decide(log, 100_000, 103_000)
      const { lent } = await thread.call<{ lent: number[] }>('lend', { from: 6 })
      expect(lent).length(3_003)
      await log.compact({ before: 102_000, withoutCheckpoint: true, acrossGaps: true })
      expect((await thread.outcome('lend', { from: 101_999 })).error).equal('PLOG_COMPACTED')
      expect((await thread.call<{ lent: number[] }>('lend', {})).lent).length(1_000)
      expect((await thread.outcome('lend', 7)).error).equal('TypeError')
      expect((await thread.outcome('lend', { from: -1 })).error).equal('RangeError')
      await log.close()
      expect((await thread.outcome('lend', {})).error).equal('PLOG_NOT_OPEN')
    })

    it('says what was compacted, and gives its space back', async () => {
      await decide(log, 0, 2_000)
      const thread = await attach()
      await expectSlots(thread, 0, 10)
      await log.compact({ before: 1_900, withoutCheckpoint: true })
      for (const method of ['read', 'syncRead', 'borrow', 'waitFor']) {
        expect((await thread.outcome(method, 5)).error, method).equal('PLOG_COMPACTED')
      }
      expect((await thread.outcome('scan', { from: 1_899 })).error).equal('PLOG_COMPACTED')
      expect(await thread.call<number[]>('scan')).length(100)
      await expectSlots(thread, 1_900, 2_000)
      const names = (await readdir(join(directory, 'engine'))).filter((name) => name.startsWith('tail-'))
      expect(names.length).lessThan(6)
    })

    it('lends a view that stays what it was while the owner compacts and goes on', async () => {
      await decide(log, 0, 1_000)
      const thread = await attach()
      const borrowed = once(thread.worker, 'message')
      const slow = thread.call<string[]>('borrowSlowly', 3, 300)
      await borrowed
      await log.compact({ before: 990, withoutCheckpoint: true })
      await decide(log, 1_000, 2_500)
      expect(await slow).deep.equal([valueOf(3).toString(), valueOf(3).toString()])
      await expectSlots(thread, 2_000, 2_500)
    })

    it('has its writes judged by the owner', async () => {
      const [one, two] = [await attach(), await attach()]
      await one.call('promise', { round: 3, nodeId: 1 })
      expect((await two.outcome('accept', proposal(0, 2))).error).equal('PLOG_STALE_BALLOT')
      await two.call('accept', proposal(0, 3))
      expect((await one.outcome('accept', { ...proposal(0, 3), value: Buffer.from('other') })).error).equal(
        'PLOG_BALLOT_REUSED',
      )
      expect((await one.call<Decision>('readAccepted', 0)).ballot).deep.equal({ round: 3, nodeId: 1 })
      await one.call('commit', { slot: 0, ballot: { round: 3, nodeId: 1 } })
      expect(await two.call('borrow', 0)).equal(valueOf(0).toString())
      await two.call('acceptAll', [proposal(1, 4), proposal(2, 4)], { survives: 'process-crash' })
      await two.call(
        'commitAll',
        [1, 2].map((slot) => ({ slot, ballot: { round: 4, nodeId: 1 } })),
      )
      await one.call('learnAll', [proposal(3), proposal(4)])
      await one.call('accept', proposal(9, 5))
      expect(await one.call('discard', { from: 9 })).deep.equal({ discarded: 1, keptCommitted: 0 })
      expect(log.bounds()).include({ contiguousTo: 5, acceptedCount: 0 })
      expect(log.promised()).deep.equal({ round: 3, nodeId: 1 })
    })

    it('takes values that are larger than what is under way at once', async () => {
      const thread = await attach()
      const value = Buffer.alloc(3_000_000, 7)
      await thread.call('learn', { slot: 0, ballot: BALLOT, value })
      const { value: back } = await thread.call<Decision>('read', 0)
      expect(Buffer.from(back).equals(value)).equal(true)
      await log.accept({ slot: 1, ballot: BALLOT, value })
      expect(Buffer.from((await thread.call<Decision>('readAccepted', 1)).value).equals(value)).equal(true)
    })

    it('names what is wrong with an argument, and does nothing', async () => {
      const thread = await attach()
      const wrong: Call[] = [
        ['read', -1],
        ['syncRead', 1.5],
        ['waitFor', -1],
        ['accept', { slot: -1, ballot: BALLOT, value: Buffer.alloc(1) }],
        ['scan', { from: -1 }],
      ]
      for (const call of wrong) {
        const { error, message } = await thread.outcome(...call)
        expect(error, call[0]).equal('RangeError')
        expect(message).match(/slot|range/)
      }
      expect((await thread.outcome('accept', { slot: 0 })).error).equal('TypeError')
      expect((await thread.outcome('accept', proposal(0), { survives: 'much' })).error).equal('TypeError')
      expect((await thread.outcome('accept', proposal(0), { survives: 'machine-loss' })).error).equal(
        'PLOG_UNSUPPORTED',
      )
      expect(log.bounds().nextSlot).equal(0)
    })

    it('is not harmed by a thread that ends in the middle of a call', async () => {
      const [dying, other] = [await attach(), await attach()]
      const exit = once(dying.worker, 'exit')
      void dying.outcome('postAndDie', { slot: 0, ballot: BALLOT, value: Buffer.alloc(1_000_000, 1) })
      await exit
      const killed = await attach()
      void killed.outcome('accept', { slot: 1, ballot: BALLOT, value: Buffer.alloc(1_000_000, 1) })
      await killed.end()
      await other.call('learn', proposal(2))
      expect(await other.call('borrow', 2)).equal(valueOf(2).toString())
      const halves = await Promise.all([log.readAccepted(0), log.readAccepted(1)])
      for (const half of halves) expect([undefined, 1_000_000]).include(half?.value.byteLength)
    })

    it('frees a seat that was left, and refuses one more than there are', async () => {
      const handle = log.threadHandle!()
      const attached = []
      for (let seat = 0; seat < handle.seats; seat++) attached.push(await attachLog(handle))
      expect(await rejection(attachLog(handle))).match(/PLOG_UNSUPPORTED.* 16 seats/)
      await attached[3]!.close()
      expect(attached[3]!.state).equal('closed')
      const again = await attachLog(handle)
      await again.learn(proposal(0))
      expect((await again.read(0))?.slot).equal(0)
    })

    it('ends when the log is closed: waits, calls and reads are told so', async () => {
      await decide(log, 0, 3)
      const handle = log.threadHandle!()
      const thread = await attach(handle)
      const waiting = thread.outcome('waitFor', 100)
      await expectSlots(thread, 0, 3)
      await log.close()
      expect((await waiting).error).equal('PLOG_NOT_OPEN')
      for (const method of ['read', 'syncRead', 'borrow', 'readAccepted']) {
        expect((await thread.outcome(method, 0)).error, method).equal('PLOG_NOT_OPEN')
      }
      expect((await thread.outcome('scan')).error).equal('PLOG_NOT_OPEN')
      expect((await thread.outcome('accept', proposal(5))).error).equal('PLOG_NOT_OPEN')
      expect(await thread.call('state')).equal('closed')
      expect(await rejection(attachLog(handle))).match(/PLOG_NOT_OPEN/)
      expect(() => log.threadHandle!()).throw(/PLOG_NOT_OPEN/)
    })

    it('ends its waits with its own close, which may be called again before it is done', async () => {
      const thread = await attach()
      const waiting = thread.outcome('waitFor', 100)
      const accepted = thread.call('accept', proposal(5))
      await Promise.all([thread.call('close'), thread.call('close'), accepted])
      expect((await waiting).error).equal('PLOG_NOT_OPEN')
      expect(await thread.call('state')).equal('closed')
      expect((await log.readAccepted(5))?.slot).equal(5)
    })

    it('refuses what is no handle, and says what is wrong with it', async () => {
      const handle = log.threadHandle!()
      for (const [wrong, what] of [
        [undefined, /handle is undefined/],
        [{}, /handle.backend/],
        [{ ...handle, version: 9 }, /handle.version is 9, not 1/],
        [{ ...handle, progress: new ArrayBuffer(8) }, /handle.progress/],
        [JSON.parse(JSON.stringify(handle)), /handle.progress/],
        [{ ...handle, seatMemory: [1] }, /handle.seatMemory/],
        [{ ...handle, index: undefined }, /handle.index/],
      ] as const) {
        expect(await rejection(attachLog(wrong as ThreadHandle))).match(what)
      }
      expect(await rejection(attachLog(handle, { backend: 'memory' }))).match(
        /handle is of a log of "faster"/,
      )
    })
  })
}

async function rejection(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    return String(error)
  }
  throw new Error('it was not refused')
}
