import { expect } from 'chai'
import type { PersistentLog } from '@persistent-log/core'
import { outcomeOf, rejects, rejectsArgument } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { ballot, bytes, proposal } from '../running/values.js'
import type { Case } from '../suites/case.js'
import type { Operation } from './operation.js'
import { operations } from './operations.js'
import { reasonOf } from '../running/reason.js'

/** A log that holds a bit of everything, so that any operation would have something to do. */
async function furnished(ctx: CaseContext): Promise<PersistentLog> {
  const log = await ctx.open()
  await log.learn(proposal(0))
  await log.acceptAll([proposal(1), proposal(2)])
  await log.checkpoints.divisible.store(0, [{ content: bytes('old state') }])
  await log.configuration.store('name', { version: 1, value: bytes('old') })
  await log.promise(ballot(0, 1))
  return log
}

async function nothingHappened(
  ctx: CaseContext,
  log: PersistentLog,
  call: () => Promise<unknown>,
): Promise<void> {
  await ctx.unchanged(log, call)
  const record = await log.configuration.load('name')
  expect(record, 'the configuration').to.deep.equal({ version: 1, value: bytes('old') })
}

const closed = ({ name, call }: Operation): Case => ({
  id: `closed.${name}`,
  title: `refuses ${name} after close`,
  async run(ctx) {
    const log = await furnished(ctx)
    await log.close()
    await rejects(() => call(log), 'PLOG_NOT_OPEN')
  },
})

const aborted = ({ name, call }: Operation): Case => ({
  id: `aborted.${name}`,
  title: `rejects ${name} with the reason of a signal that is aborted already, and does nothing`,
  async run(ctx) {
    const log = await furnished(ctx)
    const reason = new Error('not any more')
    await nothingHappened(ctx, log, async () => {
      const { error } = await outcomeOf(() => call(log, { signal: AbortSignal.abort(reason) }))
      expect(error).to.equal(reason)
    })
    const { signal } = new AbortController()
    const { error } = await outcomeOf(() => call(log, { signal }))
    expect(error, 'a signal that is not aborted is no obstacle').to.equal(undefined)
  },
})

const mistaken = ({ name, mistakes }: Operation): Case => ({
  id: `mistake.${name}`,
  title: `refuses wrong arguments of ${name}, names the field, and does nothing`,
  async run(ctx) {
    const log = await furnished(ctx)
    await nothingHappened(ctx, log, async () => {
      for (const { what, kind, field, call } of mistakes) {
        await rejectsArgument(() => call(log), kind, field).catch((error: unknown) => {
          throw new Error(`${what}: ${reasonOf(error)}`, {
            cause: error,
          })
        })
      }
    })
  },
})

const lifeCycle: readonly Case[] = [
  {
    id: 'closed.stays-closed',
    title: 'takes close again, has a status and metrics, and comes back by opening',
    async run(ctx) {
      const log = await furnished(ctx)
      await Promise.all([log.close(), log.close()])
      await log.close()
      expect(log.status.state).to.equal('closed')
      expect(log.metrics().waitingForSpace).to.equal(0)
      const again = await ctx.open()
      expect(again.status.state).to.equal('open')
    },
  },
  {
    id: 'closed.arguments-first',
    title: 'names a wrong argument before it says that it is closed',
    async run(ctx) {
      const log = await furnished(ctx)
      await log.close()
      await rejectsArgument(() => log.read(-1), 'RangeError', 'slot')
      await rejectsArgument(() => log.accept(proposal(1.5, 1, 'x')), 'RangeError', 'slot')
    },
  },
  {
    id: 'closed.async-dispose',
    title: 'is closed by disposing of it',
    async run(ctx) {
      const log = await furnished(ctx)
      await log[Symbol.asyncDispose]()
      expect(log.status.state).to.equal('closed')
    },
  },
  {
    id: 'aborted.later-tells-real-outcome',
    title: 'tells the real outcome when the signal comes after the write was handed over',
    async run(ctx) {
      const log = await furnished(ctx)
      const control = new AbortController()
      const learning = outcomeOf(log.learn(proposal(9), { signal: control.signal }))
      control.abort(new Error('too late'))
      const { error } = await learning
      expect((await log.read(9)) !== undefined).to.equal(error === undefined)
    },
  },
  {
    id: 'aborted.checkpoint-in-the-middle',
    title: 'leaves the old state when a checkpoint is aborted in the middle of its stream',
    async run(ctx) {
      const log = await furnished(ctx)
      const control = new AbortController()
      const reason = new Error('stop here')
      async function* content(): AsyncGenerator<Uint8Array> {
        yield bytes('first')
        control.abort(reason)
        yield bytes('second')
      }
      await ctx.unchanged(log, async () => {
        const { error } = await outcomeOf(log.checkpoints.store(1, content(), { signal: control.signal }))
        expect(error).to.equal(reason)
      })
    },
  },
]

/** Every operation in every state. */
export const stateCases: readonly Case[] = [
  ...operations.map(closed),
  ...operations.filter(({ takesSignal }) => takesSignal).map(aborted),
  ...operations.filter(({ mistakes }) => mistakes.length > 0).map(mistaken),
  ...lifeCycle,
]
