import { expect } from 'chai'
import { rejects } from '../running/assertions.js'
import { lookWhile } from '../running/look-while.js'
import { Unproven } from '../running/unproven.js'
import { ballot, bytes, hex, patterned, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** Named records: membership, hard state. */
export const configurationCases: readonly Case[] = [
  {
    id: 'cfg.none-at-start',
    title: 'knows no record at the start',
    async run(ctx) {
      const log = await ctx.open()
      expect(await log.configuration.load('members')).to.equal(undefined)
    },
  },
  {
    id: 'cfg.store-retrieve',
    title: 'gives a record back with its version',
    async run(ctx) {
      const log = await ctx.open()
      await log.configuration.store('members', { version: 0, value: bytes('a b c') })
      const record = await log.configuration.load('members')
      expect(record?.version).to.equal(0)
      expect(text(record?.value)).to.equal('a b c')
    },
  },
  {
    id: 'cfg.replace',
    title: 'replaces a record by one of a greater version, whatever its size',
    async run(ctx) {
      const log = await ctx.open()
      await log.configuration.store('members', { version: 1, value: patterned(5_000) })
      await log.configuration.store('members', { version: 2, value: bytes('small') })
      await log.configuration.store('members', { version: 9, value: patterned(6_000, 3) })
      const record = await log.configuration.load('members')
      expect(record?.version).to.equal(9)
      expect(hex(record!.value)).to.equal(hex(patterned(6_000, 3)))
    },
  },
  {
    id: 'cfg.stale-refused',
    title: 'refuses a lower version, and other bytes under the same version',
    async run(ctx) {
      const log = await ctx.open()
      await log.configuration.store('members', { version: 5, value: bytes('five') })
      for (const record of [
        { version: 4, value: bytes('four') },
        { version: 4, value: bytes('five') },
        { version: 5, value: bytes('FIVE') },
        { version: 5, value: bytes('') },
      ]) {
        await rejects(log.configuration.store('members', record), 'PLOG_STALE_VERSION')
      }
      expect(text((await log.configuration.load('members'))?.value)).to.equal('five')
    },
  },
  {
    id: 'cfg.retry-is-noop',
    title: 'takes the same version with the same bytes again: a retry is not stale',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      const record = { version: 5, value: bytes('five') }
      await log.configuration.store('members', record)
      await log.configuration.store('members', record)
      await Promise.all([1, 2, 3].map(() => log.configuration.store('members', record)))
      log = await ctx.reopen(log)
      await log.configuration.store('members', record)
      expect(text((await log.configuration.load('members'))?.value)).to.equal('five')
    },
  },
  {
    id: 'cfg.survives-reopen',
    title: 'keeps its records after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.configuration.store('members', { version: 1, value: bytes('old') })
      await log.configuration.store('members', { version: 2, value: bytes('new') })
      await log.configuration.store('hard-state', { version: 7, value: bytes('term 3 vote 2') })
      log = await ctx.reopen(log)
      expect(text((await log.configuration.load('members'))?.value)).to.equal('new')
      expect((await log.configuration.load('hard-state'))?.version).to.equal(7)
      await rejects(
        log.configuration.store('members', { version: 1, value: bytes('old') }),
        'PLOG_STALE_VERSION',
      )
    },
  },
  {
    id: 'cfg.survives-full-trim',
    title: 'keeps its records when everything is compacted',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.configuration.store('members', { version: 1, value: bytes('kept') })
      await log.learnAll(proposals(0, 5))
      await log.compact({ before: 5, withoutCheckpoint: true })
      log = await ctx.reopen(log)
      expect(text((await log.configuration.load('members'))?.value)).to.equal('kept')
    },
  },
  {
    id: 'cfg.names-independent',
    title: 'keeps records of different names apart, odd names included',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      const names = [
        'a',
        'A',
        'a/b',
        '../escape',
        'with space',
        'ünïcödé 日本',
        'x'.repeat(255),
        '\u0000nul',
        'constructor',
        '__proto__',
      ]
      for (const [at, name] of names.entries()) {
        await log.configuration.store(name, { version: at, value: bytes(`value ${at}`) })
      }
      log = await ctx.reopen(log)
      for (const [at, name] of names.entries()) {
        const record = await log.configuration.load(name)
        expect([record?.version, text(record?.value)], name).to.deep.equal([at, `value ${at}`])
      }
      expect(await log.configuration.load('toString')).to.equal(undefined)
    },
  },
  {
    id: 'cfg.independent-of-log',
    title: 'changes nothing in the log, nor does the log in it',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 3))
      await log.promise(ballot(2))
      await ctx.unchanged(log, () => log.configuration.store('members', { version: 1, value: bytes('x') }))
      await log.discard({ from: 0 })
      expect(text((await log.configuration.load('members'))?.value)).to.equal('x')
    },
  },
  {
    id: 'cfg.hard-state-together',
    title: 'stores term and vote as one: a reader never sees one without the other',
    async run(ctx) {
      const log = await ctx.open()
      const record = (version: number) => ({ version, value: bytes(`term ${version} vote ${version % 3}`) })
      const seen = new Set<number>()
      const look = async (): Promise<void> => {
        const found = await log.configuration.load('hard-state')
        if (found === undefined) return
        expect(text(found.value)).to.equal(text(record(found.version).value))
        expect(found.version, 'never an older one again').to.be.at.least(Math.max(0, ...seen))
        seen.add(found.version)
      }
      for (let version = 0; version < 30; version += 3) {
        const stores = [0, 1, 2].map((at) => log.configuration.store('hard-state', record(version + at)))
        await lookWhile(Promise.all(stores), look)
      }
      if (seen.size < 2) throw new Unproven('no two records were seen while they were stored')
      expect((await log.configuration.load('hard-state'))?.version).to.equal(29)
    },
  },
  {
    id: 'cfg.empty-value',
    title: 'keeps an empty record apart from none, and counts up to the largest version',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.configuration.store('empty', { version: Number.MAX_SAFE_INTEGER, value: new Uint8Array(0) })
      log = await ctx.reopen(log)
      const record = await log.configuration.load('empty')
      expect(record?.version).to.equal(Number.MAX_SAFE_INTEGER)
      expect(record?.value.length).to.equal(0)
    },
  },
]
