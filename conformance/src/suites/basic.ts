import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { isPersistentLogError } from '@persistent-log/core'
import { outcomeOf, rejects } from '../running/assertions.js'
import { dump, slotsOf } from '../running/dump.js'
import { ballot, bytes, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

/** Store, read, nothing lost on the way. */
export const basicCases: readonly Case[] = [
  {
    id: 'basic.store-then-retrieve',
    title: 'reads a decision back as it was learned',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0, 1, 'first'))
      const decision = await log.read(0)
      expect(text(decision?.value)).to.equal('first')
      expect(decision?.ballot).to.deep.equal(ballot(1))
      expect(decision?.slot).to.equal(0)
      expect(decision?.proof).to.equal(undefined)
    },
  },
  {
    id: 'basic.accept-then-commit',
    title: 'reads a decision back that was accepted and committed',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(3, 2, 'voted', 4))
      await log.commit({ slot: 3, ballot: ballot(2, 4) })
      const decision = await log.read(3)
      expect(text(decision?.value)).to.equal('voted')
      expect(decision?.ballot).to.deep.equal(ballot(2, 4))
      expect(await log.readAccepted(3), 'it is no proposal any more').to.equal(undefined)
    },
  },
  {
    id: 'basic.survives-reopen',
    title: 'shows the same after close and open as before',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 5))
      await log.acceptAll(proposals(7, 3, 4))
      await log.promise(ballot(3, 1))
      const before = await dump(log)
      log = await ctx.reopen(log)
      expect(await dump(log)).to.deep.equal(before)
    },
  },
  {
    id: 'basic.retrieve-missing-is-undefined',
    title: 'reads a slot that holds nothing as undefined',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(5))
      for (const slot of [0, 4, 6, 1_000_000]) {
        expect(await log.read(slot)).to.equal(undefined)
        expect(await log.readAccepted(slot)).to.equal(undefined)
      }
    },
  },
  {
    id: 'basic.missing-differs-from-empty',
    title: 'keeps an empty value apart from no value',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(1, 1, ''))
      await log.accept(proposal(2, 1, ''))
      expect((await log.read(1))?.value).to.deep.equal(new Uint8Array(0))
      expect((await log.readAccepted(2))?.value).to.deep.equal(new Uint8Array(0))
      expect(await log.read(0)).to.equal(undefined)
      expect(log.bounds()).to.include({ committedCount: 1, acceptedCount: 1, missingCount: 1 })
      expect(await slotsOf(log.decisions({}, { includeAccepted: true }))).to.deep.equal([1, 2])
    },
  },
  {
    id: 'basic.range-of-empty-log',
    title: 'starts empty, at its first slot',
    async run(ctx) {
      const log = await ctx.open()
      expect(await slotsOf(log.decisions())).to.deep.equal([])
      expect(await slotsOf(log.uncommitted())).to.deep.equal([])
      expect(log.promised()).to.equal(undefined)
      const { compactedBallot, lowest, highest, ...counts } = log.bounds()
      expect([compactedBallot, lowest, highest]).to.deep.equal([undefined, undefined, undefined])
      expect(counts).to.deep.equal({
        compactedBefore: 0,
        contiguousTo: 0,
        nextSlot: 0,
        committedCount: 0,
        acceptedCount: 0,
        damagedCount: 0,
        missingCount: 0,
      })
    },
  },
  {
    id: 'basic.count-exact',
    title: 'counts exactly what it holds, repeated calls included',
    async run(ctx) {
      const log = await ctx.open()
      await log.acceptAll(proposals(0, 10))
      await log.commitAll([1, 2, 3].map((slot) => ({ slot, ballot: ballot(1) })))
      await log.commit({ slot: 3, ballot: ballot(1) })
      await log.accept(proposal(4))
      await log.accept(proposal(5, 2))
      await log.learn(proposal(20))
      expect(log.bounds()).to.include({
        committedCount: 4,
        acceptedCount: 7,
        missingCount: 10,
        nextSlot: 21,
        lowest: 1,
        highest: 20,
        contiguousTo: 0,
      })
    },
  },
  {
    id: 'basic.two-logs-isolated',
    title: 'keeps two logs in two directories apart',
    async run(ctx) {
      const one = await ctx.open({ directory: await ctx.freshDirectory() })
      const other = await ctx.open({ directory: await ctx.freshDirectory() })
      await one.learn(proposal(0, 1, 'one'))
      await one.promise(ballot(9))
      await one.configuration.store('name', { version: 1, value: bytes('one') })
      expect(await other.read(0)).to.equal(undefined)
      expect(other.promised()).to.equal(undefined)
      expect(await other.configuration.load('name')).to.equal(undefined)
      await other.learn(proposal(0, 1, 'other'))
      expect(text((await one.read(0))?.value)).to.equal('one')
    },
  },
  {
    id: 'basic.fresh-dir-created-recursively',
    title: 'makes its directory, parents included',
    requires: needsReopen,
    async run(ctx) {
      const directory = join(ctx.directory, 'a', 'b', 'c')
      let log = await ctx.open({ directory })
      await log.learn(proposal(0, 1, 'deep'))
      log = await ctx.reopen(log)
      expect(text((await log.read(0))?.value)).to.equal('deep')
    },
  },
  {
    id: 'basic.directory-with-odd-name',
    title: 'lives in a directory whose name has spaces and letters of other scripts',
    requires: needsReopen,
    async run(ctx) {
      const directory = join(ctx.directory, "it's a 日本 % dir")
      await mkdir(directory)
      let log = await ctx.open({ directory })
      await log.learn(proposal(0, 1, 'odd'))
      log = await ctx.reopen(log)
      expect(text((await log.read(0))?.value)).to.equal('odd')
    },
  },
  {
    id: 'basic.directory-that-is-a-file',
    title: 'refuses a directory that is a file, and leaves the file alone',
    requires: needsReopen,
    async run(ctx) {
      const file = join(ctx.directory, 'file')
      await writeFile(file, 'precious')
      const { error } = await outcomeOf(ctx.open({ directory: file }))
      expect(error, 'the open must fail').to.be.instanceOf(Error)
      const { readFile } = await import('node:fs/promises')
      expect(await readFile(file, 'utf8')).to.equal('precious')
    },
  },
  {
    id: 'basic.errors-have-code',
    title: 'tells refusals by code, retry and context',
    async run(ctx) {
      const log = await ctx.open()
      const error = await rejects(log.commit({ slot: 2, ballot: ballot(1) }), 'PLOG_NOT_ACCEPTED', {
        slot: 2,
      })
      expect(error).to.be.instanceOf(Error)
      expect(isPersistentLogError(error, 'PLOG_NOT_ACCEPTED')).to.equal(true)
      expect(error.retry).to.equal('never')
      expect(error.message).to.not.equal('')
    },
  },
  {
    id: 'basic.calls-after-refusal-work',
    title: 'goes on after a refusal as if nothing had happened',
    async run(ctx) {
      const log = await ctx.open()
      await log.accept(proposal(0, 5))
      await rejects(log.accept(proposal(0, 4)), 'PLOG_STALE_BALLOT')
      await rejects(log.acceptAll([proposal(1), proposal(0, 4)]), 'PLOG_STALE_BALLOT', { index: 1 })
      await log.accept(proposal(1))
      await log.commit({ slot: 0, ballot: ballot(5) })
      expect(log.status.state).to.equal('open')
      expect(log.bounds()).to.include({ committedCount: 1, acceptedCount: 1 })
    },
  },
]
