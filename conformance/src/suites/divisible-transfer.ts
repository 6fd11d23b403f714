import { expect } from 'chai'
import { diffParts, type ExportedPart, type PersistentLog } from '@persistent-log/core'
import { rejects } from '../running/assertions.js'
import { slotsOf } from '../running/dump.js'
import { bytes, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'
import { partsOf, referTo, stateAt, withDecisions } from './divisible-checkpoints.js'

async function gathered(parts: AsyncIterable<ExportedPart>): Promise<ExportedPart[]> {
  const all: ExportedPart[] = []
  for await (const part of parts) all.push(part)
  return all
}

const textsOf = (parts: readonly ExportedPart[]): (string | undefined)[] =>
  parts.map(({ content }) => text(content))

/** Asks `from` for what `to` lacks of a state, and installs it there. */
async function ship(from: PersistentLog, to: PersistentLog, slot: number): Promise<readonly string[]> {
  const descriptor = await from.checkpoints.divisible.describe(slot)
  const only = (await to.checkpoints.divisible.missing(descriptor)).map(({ digest }) => digest)
  for await (const part of from.checkpoints.divisible.export(slot, { only })) {
    await to.checkpoints.divisible.receive(part)
  }
  await to.checkpoints.divisible.install(slot, descriptor)
  return only
}

/** States in parts on their way from log to log. */
export const divisibleTransferCases: readonly Case[] = [
  {
    id: 'parts.export',
    title: 'exports each content of a state once, in order, or only those that are asked for',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(4, [{ name: 'first', content: bytes('b') }, ...partsOf('a', 'b', 'c')])
      const all = await gathered(divisible.export(4))
      expect(textsOf(all)).to.deep.equal(['b', 'a', 'c'])
      expect(all[0]).to.deep.include({ name: 'first', ...referTo('b'), bytes: 1 })
      const only = ['c', 'b'].map((content) => referTo(content).digest)
      expect(textsOf(await gathered(divisible.export(4, { only })))).to.deep.equal(['b', 'c'])
      expect(await gathered(divisible.export(4, { only: [] }))).to.deep.equal([])
      const absent = { only: [referTo('x').digest] }
      await rejects(gathered(divisible.export(4, absent)), 'PLOG_PART_MISSING')
    },
  },
  {
    id: 'parts.export-held-over-prune',
    title: 'goes on with an export that was there before the prune',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(2, partsOf('a', 'b', 'c'))
      await divisible.store(3, partsOf('d'))
      const exporting = divisible.export(2)[Symbol.asyncIterator]()
      const first = await exporting.next()
      const reading = log.checkpoints.read(2)[Symbol.asyncIterator]()
      await reading.next()
      expect(await log.checkpoints.prune({ keep: 1 })).to.deep.equal({ removed: 1 })
      const contents = [text((first.value as ExportedPart).content)]
      for (let step = await exporting.next(); !step.done; step = await exporting.next()) {
        contents.push(text(step.value.content))
      }
      expect(contents).to.deep.equal(['a', 'b', 'c'])
      let rest = 0
      for (let step = await reading.next(); !step.done; step = await reading.next()) rest += step.value.length
      expect(rest).to.be.within(0, 2)
      expect(await divisible.missing([{ ...referTo('a'), bytes: 1 }]), 'gone with its last reader').length(1)
    },
  },
  {
    id: 'parts.export-held-over-close',
    title: 'refuses an export that close overtakes with PLOG_NOT_OPEN; it does not just end',
    async run(ctx) {
      const log = await withDecisions(ctx)
      await log.checkpoints.divisible.store(2, partsOf('a', 'b'))
      const exporting = log.checkpoints.divisible.export(2)[Symbol.asyncIterator]()
      expect((await exporting.next()).done).to.equal(false)
      await log.close()
      await rejects(exporting.next(), 'PLOG_NOT_OPEN')
    },
  },
  {
    id: 'parts.diff',
    title: 'tells what one state has and the other has not, by their descriptors',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(2, partsOf('a', 'b', 'c'))
      await divisible.store(3, [referTo('c'), referTo('a'), ...partsOf('d', 'd')])
      const { added, removed, kept } = diffParts(await divisible.describe(2), await divisible.describe(3))
      const digests = (...texts: string[]) => texts.map((one) => ({ ...referTo(one), bytes: 1 }))
      expect({ added, removed, kept }).to.deep.equal({
        added: digests('d'),
        removed: digests('b'),
        kept: digests('c', 'a'),
      })
    },
  },
  {
    id: 'parts.missing',
    title: 'says which parts of a descriptor it lacks, each content once, in order',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(2, partsOf('a'))
      await divisible.receive({ content: bytes('r') })
      const lines = ['z', 'a', 'y', 'z', 'r'].map((one, at) => ({ name: `${at}`, ...referTo(one), bytes: 1 }))
      await ctx.unchanged(log, async () => {
        expect(await divisible.missing(lines)).to.deep.equal([lines[0], lines[2]])
        expect(await divisible.missing([])).to.deep.equal([])
      })
    },
  },
  {
    id: 'parts.receive-verified',
    title: 'keeps no part that is not what its digest says, and shows no checkpoint before its commit point',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await ctx.unchanged(log, async () => {
        await rejects(
          divisible.receive({ content: bytes('forged'), ...referTo('true') }),
          'PLOG_DIGEST_MISMATCH',
        )
        const line = { ...referTo('true'), bytes: 4 }
        expect(await divisible.missing([line])).to.deep.equal([line])
        expect(await divisible.receive({ name: 'n', content: bytes('true'), ...line })).to.deep.equal({
          name: 'n',
          ...line,
        })
        expect(await divisible.missing([line])).to.deep.equal([])
      })
    },
  },
  {
    id: 'parts.received-stay',
    title: 'keeps received parts over a refused install, until they are installed or given up',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      const arrived = await divisible.receive({ content: bytes('a') })
      await divisible.receive({ content: bytes('a') })
      const late = { ...referTo('b'), bytes: 1 }
      await ctx.unchanged(log, async () => {
        await rejects(divisible.install(20, [arrived, late]), 'PLOG_PART_MISSING')
        expect(await divisible.missing([arrived, late]), 'only the rest is to be sent').to.deep.equal([late])
      })
      await divisible.receive({ content: bytes('b') })
      await divisible.receive({ content: bytes('never named') })
      await divisible.install(20, [arrived, late])
      expect(await stateAt(log, 20)).to.equal('ab')
      expect(await divisible.giveUp()).to.deep.equal({ dropped: 1 })
      expect(await divisible.missing([{ ...referTo('never named'), bytes: 11 }])).to.have.length(1)
      expect(await divisible.giveUp()).to.deep.equal({ dropped: 0 })
      expect(await stateAt(log, 20)).to.equal('ab')
    },
  },
  {
    id: 'parts.install',
    title: 'moves the point with the checkpoint, keeps what lies from it on, and drops a suffix',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 8))
      const { divisible } = log.checkpoints
      await divisible.install(4, partsOf('ship', 'ped'), { discardFrom: 6 })
      expect(log.bounds()).to.include({ compactedBefore: 4, nextSlot: 6 })
      expect(await slotsOf(log.uncommitted())).to.deep.equal([4, 5])
      expect(await stateAt(log, 4)).to.equal('shipped')
      await ctx.unchanged(log, async () => {
        await rejects(divisible.install(4, partsOf('other')), 'PLOG_STALE_CHECKPOINT')
        await divisible.install(4, [referTo('ship'), referTo('ped')])
      })
    },
  },
  {
    id: 'parts.ship',
    title: 'ships a state to another log, and later only the parts that changed',
    async run(ctx) {
      const from = await withDecisions(ctx)
      const to = await ctx.open({ directory: await ctx.freshDirectory() })
      await from.checkpoints.divisible.store(4, partsOf('a', 'b', 'c', 'a'))
      expect(await ship(from, to, 4)).to.have.length(3)
      await from.checkpoints.divisible.store(5, [referTo('a'), { content: bytes('B') }, referTo('c')])
      expect(await ship(from, to, 5)).to.deep.equal([referTo('B').digest])
      expect([await stateAt(to, 4), await stateAt(to, 5)]).to.deep.equal(['abca', 'aBc'])
      expect((await to.checkpoints.latest())?.digest).to.equal((await from.checkpoints.latest())?.digest)
      expect(to.bounds().compactedBefore).to.equal(5)
      expect(await to.checkpoints.divisible.giveUp(), 'named by now').to.deep.equal({ dropped: 0 })
    },
  },
  {
    id: 'parts.install-reopen',
    title: 'has an installed state, the point and no received part after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await withDecisions(ctx)
      const arrived = await log.checkpoints.divisible.receive({ content: bytes('a') })
      const unused = await log.checkpoints.divisible.receive({ content: bytes('unused') })
      await log.checkpoints.divisible.install(20, [arrived, ...partsOf('b')])
      log = await ctx.reopen(log)
      expect(log.bounds().compactedBefore).to.equal(20)
      expect(await stateAt(log, 20)).to.equal('ab')
      expect(await log.checkpoints.divisible.missing([arrived, unused])).to.deep.equal([unused])
      expect((await log.verify()).ok).to.equal(true)
    },
  },
]
