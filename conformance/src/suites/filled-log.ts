import { join } from 'node:path'
import { expect } from 'chai'
import type { CaseContext } from '../running/case-context.js'
import { dump, type Dump } from '../running/dump.js'
import { ballot, bytes, proposals } from '../running/values.js'

/** Where the log of a case has its files. */
export const placeOf = (ctx: CaseContext): string => join(ctx.directory, 'log')

/** Makes a log with something of everything, closes it, and returns what it showed. */
export async function filled(ctx: CaseContext): Promise<Dump> {
  const log = await ctx.open()
  await log.learnAll(proposals(0, 6))
  await log.acceptAll(proposals(8, 3, 2))
  await log.promise(ballot(2))
  await log.checkpoints.store(4, bytes('state as of 4'))
  await log.compact({ before: 2 })
  const shown = await dump(log)
  await log.close()
  return shown
}

/** The log opens and shows what it showed. */
export async function expectIntact(ctx: CaseContext, shown: Dump): Promise<void> {
  const log = await ctx.open()
  expect(await dump(log)).to.deep.equal(shown)
  await log.close()
}
