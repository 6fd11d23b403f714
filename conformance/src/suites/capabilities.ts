import { expect } from 'chai'
import { isPersistentLogError, SURVIVALS, survivesAtLeast, type Survival } from '@persistent-log/core'
import { outcomeOf, rejects, rejectsArgument, started } from '../running/assertions.js'
import { collect, dump } from '../running/dump.js'
import { ballot, bytes, proposal, proposals, text } from '../running/values.js'
import type { Case } from './case.js'

const above = (level: Survival): readonly Survival[] => SURVIVALS.slice(SURVIVALS.indexOf(level) + 1)
const upTo = (level: Survival): readonly Survival[] => SURVIVALS.slice(0, SURVIVALS.indexOf(level) + 1)

/** What a log says about itself. */
export const capabilityCases: readonly Case[] = [
  {
    id: 'cap.well-formed',
    title: 'declares capabilities of the right kinds',
    async run(ctx) {
      const log = await ctx.open()
      const { survives, openBy, limits, ...flags } = log.capabilities
      expect(SURVIVALS).to.include(survives.accept)
      expect(SURVIVALS).to.include(survives.commit)
      expect(['one-process', 'many-threads', 'many-processes', 'many-machines']).to.include(openBy)
      for (const flag of ['atomicBatches', 'locatesCorruption', 'syncReads', 'borrowedReads'] as const) {
        expect(flags[flag], flag).to.be.a('boolean')
      }
      for (const limit of ['valueBytes', 'batchSlots', 'batchBytes'] as const) {
        expect(limits[limit], limit).to.satisfy((value: number) => Number.isSafeInteger(value) && value > 0)
      }
      expect(log.backend).to.equal(ctx.backendName)
    },
  },
  {
    id: 'cap.known-keys-only',
    title: 'declares nothing that the contract does not know',
    async run(ctx) {
      const log = await ctx.open()
      expect([
        'survives',
        'openBy',
        'atomicBatches',
        'locatesCorruption',
        'syncReads',
        'borrowedReads',
        'syncWrites',
        'limits',
      ]).to.include.members(Object.keys(log.capabilities))
    },
  },
  {
    id: 'cap.stable-across-opens',
    title: 'declares the same each time it is opened, and while it is used',
    async run(ctx) {
      let log = await ctx.open()
      const first = structuredClone(log.capabilities)
      await log.learnAll(proposals(0, 5))
      expect(log.capabilities).to.deep.equal(first)
      log = await ctx.reopen(log)
      expect(log.capabilities).to.deep.equal(first)
      expect(log.capabilities).to.deep.equal(ctx.capabilities)
    },
  },
  {
    id: 'cap.facets-match',
    title: 'has exactly the facets that it declares',
    async run(ctx) {
      const log = await ctx.open()
      expect(log.syncReads !== undefined, 'syncReads').to.equal(log.capabilities.syncReads)
      expect(log.borrowedReads !== undefined, 'borrowedReads').to.equal(log.capabilities.borrowedReads)
      expect(log.syncWrites !== undefined, 'syncWrites').to.equal(log.capabilities.syncWrites !== undefined)
      expect(log.threadHandle !== undefined, 'threadHandle').to.equal(
        log.capabilities.openBy === 'many-threads',
      )
      if (log.syncWrites) expect(log.syncWrites.survives).to.equal(log.capabilities.syncWrites)
    },
  },
  {
    id: 'cap.more-survival-unsupported',
    title: 'refuses more survival than it offers and writes nothing',
    requires: ({ survives }) =>
      above(survives.accept).length + above(survives.commit).length === 0
        ? 'it offers the strongest survival'
        : undefined,
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0))
      const { accept, commit } = log.capabilities.survives
      await ctx.unchanged(log, async () => {
        for (const survives of above(accept)) {
          await rejects(log.accept(proposal(1), { survives }), 'PLOG_UNSUPPORTED')
          await rejects(log.acceptAll([proposal(1)], { survives }), 'PLOG_UNSUPPORTED')
        }
        for (const survives of above(commit)) {
          await rejects(log.commit({ slot: 0, ballot: ballot(1) }, { survives }), 'PLOG_UNSUPPORTED')
          await rejects(log.learn(proposal(1), { survives }), 'PLOG_UNSUPPORTED')
          await rejects(log.learnAll([proposal(1)], { survives }), 'PLOG_UNSUPPORTED')
        }
      })
    },
  },
  {
    id: 'cap.weaker-survival-accepted',
    title: 'takes every survival up to the one that it offers, call by call',
    async run(ctx) {
      const log = await ctx.open()
      let slot = 0
      for (const survives of upTo(log.capabilities.survives.accept)) {
        await log.accept(proposal(slot), { survives })
        expect((await log.readAccepted(slot++))?.slot, survives).to.equal(slot - 1)
      }
      for (const survives of upTo(log.capabilities.survives.commit)) {
        await log.learn(proposal(slot), { survives })
        expect((await log.read(slot++))?.slot, survives).to.equal(slot - 1)
      }
      for (const survives of upTo(log.capabilities.survives.accept))
        await log.discard({ from: 0 }, { survives })
      expect(log.bounds().acceptedCount).to.equal(0)
    },
  },
  {
    id: 'cap.unknown-survival-rejected',
    title: 'refuses a survival that does not exist',
    async run(ctx) {
      const log = await ctx.open()
      await ctx.unchanged(log, async () => {
        const options = { survives: 'everything' as Survival }
        await rejectsArgument(() => log.accept(proposal(0), options), 'either', 'survives')
        await rejectsArgument(() => log.learn(proposal(0), options), 'either', 'survives')
      })
    },
  },
  {
    id: 'cap.durability-overclaimed-refused',
    title: 'refuses to open with a default that asks for more than it offers',
    requires: ({ survives }) =>
      survives.accept === 'machine-loss' ? 'it offers the strongest survival' : undefined,
    async run(ctx) {
      const { error } = await outcomeOf(ctx.open({ durability: { accept: 'machine-loss' } }))
      expect(isPersistentLogError(error, 'PLOG_UNSUPPORTED'), String(error)).to.equal(true)
      const log = await ctx.open()
      await log.learn(proposal(0))
    },
  },
  {
    id: 'cap.status-shows-durability',
    title: 'shows its default survival: the strongest, or the weaker one that was written out',
    async run(ctx) {
      let log = await ctx.open({ durability: {} })
      expect(log.status).to.deep.include({
        state: 'open',
        durability: log.capabilities.survives,
        votesLost: false,
      })
      log = await ctx.reopen(log, { durability: { accept: 'nothing' } })
      expect(log.status.durability).to.deep.equal({
        accept: 'nothing',
        commit: log.capabilities.survives.commit,
      })
      expect(log.capabilities).to.deep.equal(ctx.capabilities)
    },
  },
  {
    id: 'cap.sync-reads-agree',
    title: 'answers synchronous reads as it answers the others',
    requires: ({ syncReads }) => (syncReads ? undefined : 'it has no synchronous reads'),
    async run(ctx) {
      const log = await ctx.open()
      await log.learn({ ...proposal(0), proof: bytes('p') })
      await log.accept(proposal(1))
      await log.compact({ before: 0 })
      for (const slot of [0, 1, 2]) {
        expect(log.syncReads?.read(slot)).to.deep.equal(await log.read(slot))
        expect(log.syncReads?.readAccepted(slot)).to.deep.equal(await log.readAccepted(slot))
      }
      log.syncReads!.read(0)!.value.fill(0)
      expect(text((await log.read(0))?.value)).to.equal('value 0.1')
      await log.compact({ before: 1, withoutCheckpoint: true })
      await rejects(() => log.syncReads?.read(0), 'PLOG_COMPACTED')
      await rejectsArgument(() => log.syncReads?.read(-1), 'RangeError', 'slot')
      await log.close()
      await rejects(() => log.syncReads?.read(1), 'PLOG_NOT_OPEN')
    },
  },
  {
    id: 'cap.sync-reads-show-only-acknowledged',
    title: 'never shows what may still be refused: what a synchronous read sees stays',
    requires: ({ syncReads }) => (syncReads ? undefined : 'it has no synchronous reads'),
    async run(ctx) {
      const log = await ctx.open()
      const writing = started(log.learnAll(proposals(0, 20)))
      const early = log.syncReads?.read(7)
      const counted = log.bounds().committedCount
      expect(counted, 'bounds and reads agree').to.equal(early === undefined ? 0 : 20)
      await writing
      expect(log.syncReads?.read(7)?.slot).to.equal(7)
    },
  },
  {
    id: 'cap.borrowed-reads-agree',
    title: 'lends the same bytes as it hands out, and undefined where nothing is decided',
    requires: ({ borrowedReads }) => (borrowedReads ? undefined : 'it has no borrowed reads'),
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0, 1, 'lent'))
      await log.learn(proposal(1, 1, ''))
      await log.accept(proposal(2))
      expect(log.borrowedReads?.read(0, (value) => text(value))).to.equal('lent')
      expect(log.borrowedReads?.read(1, (value) => value.length)).to.equal(0)
      for (const slot of [2, 3]) {
        let used = false
        expect(log.borrowedReads?.read(slot, () => (used = true))).to.equal(undefined)
        expect(used).to.equal(false)
      }
      const mine = new Error('mine')
      const { error } = await outcomeOf(() =>
        log.borrowedReads?.read(0, () => {
          throw mine
        }),
      )
      expect(error, 'what the callback throws comes out').to.equal(mine)
      expect(text((await log.read(0))?.value)).to.equal('lent')
    },
  },
  {
    id: 'cap.sync-writes-agree',
    title: 'gives by synchronous writes no more than it offers at all',
    requires: ({ syncWrites }) => (syncWrites === undefined ? 'it has no synchronous writes' : undefined),
    async run(ctx) {
      const { capabilities, syncWrites } = await ctx.open()
      expect(syncWrites?.survives).to.equal(capabilities.syncWrites)
      expect(survivesAtLeast(capabilities.survives.accept, capabilities.syncWrites!)).to.equal(true)
      expect(survivesAtLeast(capabilities.survives.commit, capabilities.syncWrites!)).to.equal(true)
    },
  },
  {
    id: 'cap.verify-reads-all',
    title: 'verifies everything it holds, finds no fault, and changes nothing',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 30))
      await log.acceptAll(proposals(40, 5))
      await log.checkpoints.store(3, bytes('state'))
      const before = await dump(log)
      const report = await log.verify()
      expect(report).to.deep.include({ ok: true, damaged: [], checkpoints: 1 })
      expect(report.slots).to.be.at.least(35)
      expect(report.bytes).to.be.at.least(35 * 9)
      expect(await dump(log)).to.deep.equal(before)
    },
  },
  {
    id: 'cap.metrics-count',
    title: 'counts what is called',
    async run(ctx) {
      const log = await ctx.open()
      const before = log.metrics()
      await log.accept(proposal(0))
      await rejects(log.accept(proposal(0, 0)), 'PLOG_STALE_BALLOT')
      expect(log.metrics().uncommittedBytes).to.equal(before.uncommittedBytes + 'value 0.1'.length)
      for (const [name, count] of Object.entries(log.metrics()))
        expect(count, name).to.satisfy(Number.isSafeInteger)
      await log.commit({ slot: 0, ballot: ballot(1) })
      await collect(log.decisions())
      expect(log.metrics().uncommittedBytes).to.equal(before.uncommittedBytes)
    },
  },
  {
    id: 'cap.recovery-report',
    title: 'reports what opening found: created, decisions, accepted, nothing damaged',
    async run(ctx) {
      let log = await ctx.open()
      expect(log.recovery).to.deep.include({
        created: true,
        decisions: 0,
        accepted: 0,
        damaged: [],
        votesLost: false,
      })
      expect(log.recovery.tookMs).to.be.at.least(0)
      if (ctx.capabilities.survives.commit === 'nothing') return
      await log.learnAll(proposals(0, 7))
      await log.acceptAll(proposals(8, 2))
      log = await ctx.reopen(log)
      expect(log.recovery).to.deep.include({
        created: false,
        cleanClose: true,
        decisions: 7,
        accepted: 2,
        tornBytes: 0,
        ambiguous: false,
        damaged: [],
        votesLost: false,
      })
    },
  },
]
