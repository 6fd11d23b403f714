import { expect } from 'chai'
import { jsonCodec, typedLog, utf8Codec, type PersistentLog, type TypedLog } from '@persistent-log/core'
import type { CaseContext } from '../running/case-context.js'
import { rejects } from '../running/assertions.js'
import { collect } from '../running/dump.js'
import { ballot, patterned, proposal } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

interface Command {
  readonly op: 'set' | 'delete'
  readonly key: string
  readonly value?: string | number | readonly number[]
}

const typed = (log: PersistentLog): TypedLog<Command, Record<string, number>, string> =>
  typedLog(log, {
    decision: jsonCodec<Command>(),
    state: jsonCodec<Record<string, number>>(),
    configuration: utf8Codec,
  })

const COMMANDS: readonly Command[] = [
  { op: 'set', key: 'a', value: 1 },
  { op: 'delete', key: '' },
  { op: 'set', key: 'schöne Grüße 👋', value: [0, -1, 0.5, 2 ** 53] },
  { op: 'set', key: 'long', value: 'x'.repeat(20_000) },
]

const decision = (slot: number, round = 1) => ({ slot, ballot: ballot(round), value: COMMANDS[slot]! })

async function valuesOf(log: ReturnType<typeof typed>): Promise<Command[]> {
  const values: Command[] = []
  for await (const { value } of log.decisions({}, { includeAccepted: true })) values.push(value)
  return values
}

/** A log with something of everything, written through the layer. */
async function furnished(ctx: CaseContext): Promise<PersistentLog> {
  const bytesLog = await ctx.open()
  const log = typed(bytesLog)
  await log.learnAll([decision(0), decision(1)])
  await log.accept(decision(2))
  await log.commit({ slot: 2, ballot: ballot(1) })
  await log.accept(decision(3, 4))
  await log.checkpoints.store(2, { a: 1 }, { ballot: ballot(1) })
  await log.configuration.store('members', { version: 3, value: 'a,b' })
  return bytesLog
}

async function expectTyped(bytesLog: PersistentLog): Promise<void> {
  const log = typed(bytesLog)
  expect(await valuesOf(log)).to.deep.equal(COMMANDS)
  expect((await log.read(2))?.value).to.deep.equal(COMMANDS[2])
  expect(await log.read(3)).to.equal(undefined)
  expect((await log.readAccepted(3))?.value).to.deep.equal(COMMANDS[3])
  expect(await log.checkpoints.read(2)).to.deep.equal({ a: 1 })
  expect(await log.configuration.load('members')).to.deep.equal({ version: 3, value: 'a,b' })
}

/** The typed layer over the log under test. */
export const typedCases: readonly Case[] = [
  {
    id: 'typed.roundtrip',
    title: 'gives values back as they were handed in: decisions, proposals, states, configuration',
    async run(ctx) {
      await expectTyped(await furnished(ctx))
    },
  },
  {
    id: 'typed.survives-reopen',
    title: 'gives values back after reopening',
    requires: needsReopen,
    async run(ctx) {
      await expectTyped(await ctx.reopen(await furnished(ctx)))
    },
  },
  {
    id: 'typed.same-law',
    title:
      'keeps the laws of the log: the same value in another key order is a retry, another one is refused',
    async run(ctx) {
      const bytesLog = await ctx.open()
      const log = typed(bytesLog)
      await log.learn(decision(0))
      await log.accept(decision(1, 3))
      await ctx.unchanged(bytesLog, async () => {
        await log.learn({ slot: 0, ballot: ballot(5), value: { value: 1, key: 'a', op: 'set' } })
        await log.accept({ slot: 1, ballot: ballot(3), value: { key: '', op: 'delete' } })
        const other: Command = { op: 'set', key: 'a', value: 2 }
        await rejects(log.learn({ slot: 0, ballot: ballot(5), value: other }), 'PLOG_ALREADY_COMMITTED')
        await rejects(log.accept({ slot: 1, ballot: ballot(3), value: other }), 'PLOG_BALLOT_REUSED')
        await rejects(log.accept({ slot: 1, ballot: ballot(2), value: other }), 'PLOG_STALE_BALLOT')
      })
    },
  },
  {
    id: 'typed.digest-checked',
    title: 'refuses to read what does not match its digest, names the slot, and reads the others',
    async run(ctx) {
      const bytesLog = await ctx.open()
      const log = typed(bytesLog)
      await log.learn(decision(0))
      const [sealed] = await collect(bytesLog.decisions())
      const flipped = Uint8Array.from(sealed!.value)
      flipped[flipped.length - 1]! ^= 1
      await bytesLog.learnAll([proposal(1, 1, flipped), proposal(2, 1, patterned(10))])
      await log.learn(decision(3))
      for (const slot of [1, 2]) {
        await rejects(log.read(slot), 'PLOG_DIGEST_MISMATCH', { slot })
        await rejects(valuesOf(log), 'PLOG_DIGEST_MISMATCH')
      }
      expect((await log.read(0))?.value).to.deep.equal(COMMANDS[0])
      expect((await log.read(3))?.value).to.deep.equal(COMMANDS[3])
    },
  },
  {
    id: 'typed.limits-hold',
    title: 'takes a value of exactly the limit that the layer declares, and refuses one byte more',
    async run(ctx) {
      const bytesLog = await ctx.open({ limits: { valueBytes: 1_000 } })
      const log = typedLog(bytesLog, { decision: utf8Codec })
      const { valueBytes } = log.capabilities.limits
      expect(valueBytes).to.equal(bytesLog.capabilities.limits.valueBytes - 32)
      await log.learn({ slot: 0, ballot: ballot(1), value: 'x'.repeat(valueBytes) })
      await ctx.unchanged(bytesLog, () =>
        rejects(
          log.learn({ slot: 1, ballot: ballot(1), value: 'x'.repeat(valueBytes + 1) }),
          'PLOG_TOO_LARGE',
        ),
      )
      expect((await log.read(0))?.value.length).to.equal(valueBytes)
    },
  },
]
