import { expect } from 'chai'
import type { BorrowedReads, Capabilities, PersistentLog } from '@persistent-log/core'
import { POISON } from '@persistent-log/core/backend'
import { outcomeOf, rejects, rejectsArgument } from '../running/assertions.js'
import { learnMany } from '../running/batches.js'
import { ballot, patterned, proposal, proposals, text } from '../running/values.js'
import type { Case } from './case.js'

const needsBorrowedReads = ({ borrowedReads }: Capabilities): string | undefined =>
  borrowedReads ? undefined : 'it has no borrowed reads'

/** What a scan lends, as text, and where it ends. */
function lentBy(reads: BorrowedReads, range: Parameters<BorrowedReads['scan']>[0], last = Infinity) {
  const lent: [slot: number, value: string | undefined][] = []
  const end = reads.scan(range, (slot, value) => {
    lent.push([slot, text(value)])
    return slot < last
  })
  return { lent, end }
}

/** What `use` may do to the log while it has a view of another slot; slot 1 is decided, 3 is long, 4 is accepted. */
const callsBeside: Readonly<Record<string, (log: PersistentLog) => unknown>> = {
  'borrowedReads.read': (log) => log.borrowedReads!.read(1, text),
  'borrowedReads.read of a longer value': (log) => log.borrowedReads!.read(3, text),
  'borrowedReads.scan': (log) => log.borrowedReads!.scan({}, () => undefined),
  'syncReads.read': (log) => log.syncReads?.read(1),
  'syncReads.readAccepted': (log) => log.syncReads?.readAccepted(4),
  read: (log) => log.read(3),
  readAccepted: (log) => log.readAccepted(4),
  decisions: (log) => log.decisions().nextBatch(),
  'learn, of what is decided': (log) => log.learn(proposal(1)),
  'accept, once more': (log) => log.accept(proposal(4)),
  'acceptAll, once more': (log) => log.acceptAll([proposal(4)]),
}

const isPoisoned = (view: Uint8Array): boolean => view.length > 0 && view.every((byte) => byte === POISON)

/** Reads without a copy. */
export const borrowedReadCases: readonly Case[] = [
  {
    id: 'borrow.scan-same-as-decisions',
    title: 'lends exactly the decisions that a scan hands out, of any range, and says where the range ends',
    requires: needsBorrowedReads,
    async run(ctx) {
      const log = await ctx.open()
      await learnMany(log, [...proposals(0, 300), ...[310, 311, 400].map((slot) => proposal(slot))])
      await log.accept(proposal(305))
      await log.accept(proposal(900))
      for (const range of [{}, { from: 299 }, { to: 3 }, { from: 301, to: 311 }, { from: 7, to: 7 }]) {
        const expected: [slot: number, value: string | undefined][] = []
        for await (const { slot, value } of log.decisions(range)) expected.push([slot, text(value)])
        const { lent, end } = lentBy(log.borrowedReads!, range)
        expect(lent).to.deep.equal(expected)
        expect(end).to.equal(range.to ?? 901)
      }
      expect(lentBy(log.borrowedReads!, { from: 5, to: 2 })).to.deep.equal({ lent: [], end: 5 })
      expect(lentBy(log.borrowedReads!, { from: 2_000 })).to.deep.equal({ lent: [], end: 2_000 })
    },
  },
  {
    id: 'borrow.scan-ends-where-asked',
    title: 'stops behind the decision for which it is asked to, and goes on from there',
    requires: needsBorrowedReads,
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([3, 4, 8, 9].map((slot) => proposal(slot)))
      const first = lentBy(log.borrowedReads!, {}, 4)
      expect(first.lent.map(([slot]) => slot)).to.deep.equal([3, 4])
      expect(first.end).to.equal(5)
      const second = lentBy(log.borrowedReads!, { from: first.end })
      expect(second.lent.map(([slot]) => slot)).to.deep.equal([8, 9])
      const mine = new Error('mine')
      const { error } = await outcomeOf(() =>
        log.borrowedReads?.scan({}, () => {
          throw mine
        }),
      )
      expect(error, 'what the callback throws comes out').to.equal(mine)
    },
  },
  {
    id: 'borrow.scan-upper-bound-frozen',
    title: 'does not see what is decided behind its end while it runs',
    requires: (capabilities) =>
      needsBorrowedReads(capabilities) ??
      (capabilities.syncWrites === undefined ? 'it has no synchronous writes' : undefined),
    async run(ctx) {
      const log = await ctx.open()
      const writes = log.syncWrites!
      // From here on a synchronous accept has to wait for nothing.
      await log.accept(proposal(3), { survives: writes.survives })
      await log.learnAll(proposals(0, 3))
      const lent: number[] = []
      const end = log.borrowedReads?.scan({}, (slot) => {
        lent.push(slot)
        writes.accept(proposal(slot + 10))
        writes.commit({ slot: slot + 10, ballot: ballot(1) })
      })
      expect(lent).to.deep.equal([0, 1, 2])
      expect(end).to.equal(4)
      expect(lentBy(log.borrowedReads!, {}).lent.map(([slot]) => slot)).to.deep.equal([0, 1, 2, 10, 11, 12])
    },
  },
  {
    id: 'borrow.scan-refusals',
    title: 'refuses slots below the point, and arguments of the wrong kind, before it lends anything',
    requires: needsBorrowedReads,
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      await log.compact({ before: 4, withoutCheckpoint: true })
      let isUsed = false
      const use = (): void => void (isUsed = true)
      await rejects(() => log.borrowedReads?.scan({ from: 3 }, use), 'PLOG_COMPACTED')
      await rejectsArgument(() => log.borrowedReads?.scan({ from: -1 }, use), 'RangeError', 'range.from')
      await rejectsArgument(() => log.borrowedReads?.scan(7 as never, use), 'TypeError', 'range')
      await rejectsArgument(() => log.borrowedReads?.scan({}, 'use' as never), 'TypeError', 'use')
      expect(isUsed).to.equal(false)
      expect(lentBy(log.borrowedReads!, {}).lent.length).to.equal(6)
    },
  },
  {
    id: 'borrow.nested',
    title: 'leaves a view as it is until `use` returns, whatever is called of this log or another meanwhile',
    requires: needsBorrowedReads,
    async run(ctx) {
      const log = await ctx.open()
      const other = await ctx.open({ directory: await ctx.freshDirectory() })
      for (const one of [log, other]) {
        await one.learnAll([...proposals(1, 2), proposal(3, 1, patterned(40_000))])
        await one.accept(proposal(4))
      }
      await log.learn(proposal(0, 1, 'mine'))
      await other.learn(proposal(0, 1, 'other'))
      const reads = log.borrowedReads!
      const expected = ['mine', text(proposal(1).value), text(proposal(2).value)]
      for (const [name, call] of Object.entries(callsBeside)) {
        for (const called of [log, other]) {
          const calls: unknown[] = []
          const read = reads.read(0, (view) => {
            calls.push(call(called))
            return text(view)
          })
          expect(read, `the view beside ${name}`).to.equal('mine')
          const scanned: (string | undefined)[] = []
          reads.scan({ to: 3 }, (_, view) => {
            calls.push(call(called))
            scanned.push(text(view))
          })
          expect(scanned, `the views of a scan beside ${name}`).to.deep.equal(expected)
          await Promise.all(calls)
        }
      }
      const both = reads.read(0, (view) =>
        reads.read(1, (second) => other.borrowedReads!.read(0, (third) => [view, second, third].map(text))),
      )
      expect(both, 'views of three values at once').to.deep.equal([...expected.slice(0, 2), 'other'])
      const mine = new Error('mine')
      const throwing = (): never => {
        throw mine
      }
      const beside = reads.read(0, (view) => {
        expect(() => reads.read(1, throwing)).to.throw(mine)
        return text(view)
      })
      expect(beside, 'the view beside one whose `use` throws').to.equal('mine')
      expect([0, 1, 2].map((slot) => reads.read(slot, text))).to.deep.equal(expected)
    },
  },
  {
    id: 'borrow.poisoned-views',
    title:
      'shows poison in views that are dead, and minds what was written into one, where it is to poison them',
    requires: needsBorrowedReads,
    async run(ctx) {
      const log = await ctx.open({ poisonViews: true })
      const reads = log.borrowedReads!
      await log.learnAll(proposals(0, 5))
      const kept: Uint8Array[] = []
      const keep = (view: Uint8Array): string | undefined => {
        kept.push(view)
        return text(view)
      }
      const expected = [0, 1, 2, 3, 4].map((slot) => text(proposal(slot).value))
      expect([0, 1, 2, 3, 4].map((slot) => reads.read(slot, keep))).to.deep.equal(expected)
      const scanned: (string | undefined)[] = []
      reads.scan({}, (_, view) => {
        expect(kept.every(isPoisoned), 'a view is dead when the next one is lent').to.equal(true)
        scanned.push(keep(view))
      })
      expect(scanned).to.deep.equal(expected)
      expect(kept.length).to.equal(10)
      expect(kept.every(isPoisoned)).to.equal(true)
      const scribble = (view: Uint8Array): void => void view.fill(0)
      await rejectsArgument(() => reads.read(3, scribble), 'TypeError', 'slot 3')
      await rejectsArgument(() => reads.scan({ from: 4 }, (_, view) => scribble(view)), 'TypeError', 'slot 4')
      const mine = new Error('mine')
      const { error } = await outcomeOf(() =>
        reads.read(2, (view) => {
          keep(view)
          throw mine
        }),
      )
      expect(error, 'what the callback throws comes out').to.equal(mine)
      expect(isPoisoned(kept.at(-1)!)).to.equal(true)
      const after = [0, 1, 2, 3, 4].map((slot) => reads.read(slot, text))
      expect(after, 'the log is as it was').to.deep.equal(expected)
    },
  },
]
