import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CaseContext } from '../running/case-context.js'
import type { HistoryPlan } from './messages.js'
import { StateProcess } from './state-process.js'

/** Runs random histories with crashes in them, in a child process. */
export async function examineHistories(ctx: CaseContext, plan: HistoryPlan): Promise<void> {
  const work = join(ctx.directory, 'histories')
  await mkdir(join(work, 'place'), { recursive: true })
  const place = await realpath(join(work, 'place'))
  const order = ctx.strongestOrder({ directory: join(place, 'log') })
  const { capabilities, seed, tally } = ctx
  const child = new StateProcess()
  try {
    const bench = { place, order, capabilities, seed, traceFile: join(work, 'trace') }
    child.tell({ kind: 'histories', bench, plan })
    for (;;) {
      const said = await child.expect('agreed', 'ran', 'failed')
      if (said.kind === 'failed') expect.fail(said.finding)
      if (said.kind === 'ran') break
      tally.modelRuns++
      tally.crashStates += said.crashes
    }
  } finally {
    await child.kill()
    await rm(work, { recursive: true, force: true })
  }
}
