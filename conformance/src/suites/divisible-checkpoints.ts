import { createHash } from 'node:crypto'
import { expect } from 'chai'
import {
  digestOfParts,
  PART_LIMITS,
  recover,
  type PartSource,
  type PersistentLog,
} from '@persistent-log/core'
import { outcomeOf, rejects, rejectsArgument } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { ballot, bytes, hex, joined, patterned, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'

const SLOTS = 10

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** Parts that hold these texts. */
export const partsOf = (...texts: string[]): PartSource[] => texts.map((one) => ({ content: bytes(one) }))

/** A part that is named by its digest alone. */
export const referTo = (content: string): { digest: string } => ({ digest: digestOf(bytes(content)) })

/** An open log with some decisions. */
export async function withDecisions(ctx: CaseContext): Promise<PersistentLog> {
  const log = await ctx.open()
  await log.learnAll(proposals(0, SLOTS))
  return log
}

/** The state of a checkpoint as text. */
export const stateAt = async (log: PersistentLog, slot: number): Promise<string | undefined> =>
  text(await joined(log.checkpoints.read(slot)))

/** States in parts: each part once, as long as it is named; otherwise like states in one piece. */
export const divisibleCheckpointCases: readonly Case[] = [
  {
    id: 'parts.read-in-order',
    title: 'hands out the parts of a state one behind the other, a repeated and an empty one too',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const about = { ballot: ballot(1), metadata: bytes('mine') }
      const info = await log.checkpoints.divisible.store(4, partsOf('ab', '', 'c', 'ab'), about)
      expect(info).to.deep.include({ slot: 4, bytes: 5, parts: 4, ...about })
      expect(await stateAt(log, 4)).to.equal('abcab')
      expect(await log.checkpoints.latest()).to.deep.equal(info)
      expect(await log.checkpoints.nearest(9)).to.deep.equal(info)
      const large = [patterned(200_000), patterned(70_000, 3)]
      await log.checkpoints.divisible.store(
        5,
        large.map((content) => ({ content })),
      )
      expect(hex(await joined(log.checkpoints.read(5)))).to.equal(hex(Buffer.concat(large)))
      await log.checkpoints.divisible.store(6, [])
      expect(await stateAt(log, 6)).to.equal('')
    },
  },
  {
    id: 'parts.descriptor',
    title: 'describes a state by name, digest and length of its parts, in order; its digest is theirs',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      const info = await divisible.store(4, [{ name: 'zoo', content: bytes('z') }, ...partsOf('y', 'y')])
      const described = await divisible.describe(4)
      expect(described).to.deep.equal([
        { name: 'zoo', ...referTo('z'), bytes: 1 },
        { ...referTo('y'), bytes: 1 },
        { ...referTo('y'), bytes: 1 },
      ])
      expect(info.digest).to.equal(digestOfParts(described))
      await log.checkpoints.store(5, bytes('in one piece'))
      await rejects(divisible.describe(5), 'PLOG_UNSUPPORTED', { slot: 5 })
      await rejects(divisible.describe(7), 'PLOG_CHECKPOINT_REQUIRED', { slot: 7 })
    },
  },
  {
    id: 'parts.reopen',
    title: 'has state, descriptor and the parts to refer to after reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await withDecisions(ctx)
      await log.checkpoints.divisible.store(3, partsOf('a', 'b'))
      const info = await log.checkpoints.divisible.store(4, [
        { name: 'first', content: bytes('b') },
        ...partsOf('c'),
      ])
      const described = await log.checkpoints.divisible.describe(4)
      log = await ctx.reopen(log)
      expect(await log.checkpoints.latest()).to.deep.equal(info)
      expect(await log.checkpoints.divisible.describe(4)).to.deep.equal(described)
      expect([await stateAt(log, 3), await stateAt(log, 4)]).to.deep.equal(['ab', 'bc'])
      await log.checkpoints.divisible.store(5, [referTo('a'), referTo('c')])
      await log.checkpoints.prune({ keep: 1 })
      log = await ctx.reopen(log)
      expect(await stateAt(log, 5)).to.equal('ac')
      expect((await log.verify()).ok).to.equal(true)
    },
  },
  {
    id: 'parts.refer-to-held',
    title: 'takes a part by its digest as long as a checkpoint names it, and no longer',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(2, partsOf('a', 'b'))
      await divisible.store(3, [referTo('b'), { content: bytes('c') }])
      await log.checkpoints.prune({ keep: 1 })
      expect(await stateAt(log, 3), 'shared with a pruned one').to.equal('bc')
      await ctx.unchanged(log, async () => {
        const error = await rejects(divisible.store(4, [referTo('b'), referTo('a')]), 'PLOG_PART_MISSING')
        expect(error.context.field).to.equal('parts[1]')
      })
      await divisible.store(4, [referTo('b'), referTo('c'), referTo('b')])
      await log.checkpoints.prune({ keep: 1 })
      expect(await stateAt(log, 4)).to.equal('bcb')
    },
  },
  {
    id: 'parts.digest-held-against-content',
    title: 'refuses a part whose content is not what digest or length say',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(1, partsOf('b'))
      await ctx.unchanged(log, async () => {
        await rejects(divisible.store(2, [{ content: bytes('a'), ...referTo('b') }]), 'PLOG_DIGEST_MISMATCH')
        await rejects(divisible.store(2, [{ content: bytes('a'), bytes: 2 }]), 'PLOG_DIGEST_MISMATCH')
        await rejects(divisible.store(2, [{ ...referTo('b'), bytes: 2 }]), 'PLOG_DIGEST_MISMATCH')
      })
      await divisible.store(2, [{ content: bytes('a'), ...referTo('a'), bytes: 1 }])
    },
  },
  {
    id: 'parts.same-laws',
    title: 'refuses what it would refuse of a state in one piece, and takes the same state again',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      const info = await divisible.store(4, partsOf('ab', 'c'))
      await ctx.unchanged(log, async () => {
        await rejects(divisible.store(SLOTS + 1, partsOf('ab')), 'PLOG_CHECKPOINT_AHEAD')
        await rejects(divisible.store(3, partsOf('ab')), 'PLOG_STALE_CHECKPOINT')
        await rejects(divisible.store(4, partsOf('ab', 'd')), 'PLOG_STALE_CHECKPOINT')
        expect(await divisible.store(4, [referTo('ab'), referTo('c')])).to.deep.equal(info)
      })
      await divisible.store(SLOTS + 1, partsOf('far'), { acrossGaps: true })
      await log.compact({ before: 5 })
    },
  },
  {
    id: 'parts.cut-is-content',
    title: 'takes the same bytes in other parts, under other names or in one piece for another state',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(4, [{ name: 'n', content: bytes('ab') }, ...partsOf('c')])
      await ctx.unchanged(log, async () => {
        for (const parts of [partsOf('a', 'bc'), partsOf('ab', 'c'), partsOf('abc')]) {
          await rejects(divisible.store(4, parts), 'PLOG_STALE_CHECKPOINT')
        }
        await rejects(log.checkpoints.store(4, bytes('abc')), 'PLOG_STALE_CHECKPOINT')
      })
    },
  },
  {
    id: 'parts.copied',
    title: 'copies the parts of a list before the call returns',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const content = bytes('before')
      const storing = log.checkpoints.divisible.store(4, [{ content }])
      content.fill(0)
      await storing
      expect(await stateAt(log, 4)).to.equal('before')
    },
  },
  {
    id: 'parts.stream',
    title: 'takes parts from a stream, and leaves the old state when that fails or is aborted',
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      await divisible.store(1, partsOf('old'))
      async function* stream(end: () => void): AsyncGenerator<PartSource> {
        yield { content: bytes('new') }
        yield referTo('old')
        end()
      }
      const control = new AbortController()
      const [broken, aborted] = [new Error('the source broke'), new Error('not any more')]
      const breaking = (): never => {
        throw broken
      }
      await ctx.unchanged(log, async () => {
        expect((await outcomeOf(divisible.store(2, stream(breaking)))).error).to.equal(broken)
        const ending = stream(() => control.abort(aborted))
        expect((await outcomeOf(divisible.store(2, ending, { signal: control.signal }))).error).to.equal(
          aborted,
        )
        await rejects(divisible.store(2, [referTo('new')]), 'PLOG_PART_MISSING')
      })
      await divisible.store(
        2,
        stream(() => undefined),
      )
      expect(await stateAt(log, 2)).to.equal('newold')
    },
  },
  {
    id: 'parts.limits',
    title: 'takes exactly as many parts, bytes and characters as the limits say, and not one more',
    timeoutMs: 60_000,
    async run(ctx) {
      const log = await withDecisions(ctx)
      const { divisible } = log.checkpoints
      const name = 'n'.repeat(PART_LIMITS.nameBytes)
      await divisible.store(1, [{ name, content: bytes('x') }])
      const many = (count: number) => Array.from({ length: count }, () => referTo('x'))
      const large = new Uint8Array(PART_LIMITS.partBytes + 1)
      await ctx.unchanged(log, async () => {
        await rejects(divisible.store(2, many(PART_LIMITS.parts + 1)), 'PLOG_TOO_LARGE')
        await rejects(divisible.store(2, [{ content: large }]), 'PLOG_TOO_LARGE', {
          limit: PART_LIMITS.partBytes,
        })
        const twice = [
          { name, content: bytes('x') },
          { name, content: bytes('y') },
        ]
        await rejectsArgument(divisible.store(2, twice), 'TypeError', 'parts[1].name')
        await rejectsArgument(
          divisible.store(2, [{ name: `${name}n`, ...referTo('x') }]),
          'RangeError',
          'parts[0].name',
        )
      })
      expect((await divisible.store(2, many(PART_LIMITS.parts))).bytes).to.equal(PART_LIMITS.parts)
      await divisible.store(3, [{ content: large.subarray(1) }])
      expect((await divisible.describe(3))[0]?.bytes).to.equal(PART_LIMITS.partBytes)
    },
  },
  {
    id: 'parts.recover',
    title: 'is what a state machine is restored from, with what follows it',
    async run(ctx) {
      const log = await withDecisions(ctx)
      await log.checkpoints.divisible.store(4, partsOf('ab', 'c'))
      await log.compact({ before: 4 })
      let state: string | undefined
      const report = await recover(log, {
        restore: async (_, content) => void (state = text(await joined(content))),
        apply: () => undefined,
      })
      expect(state).to.equal('abc')
      expect(report).to.include({ replayed: SLOTS - 4 })
    },
  },
]
