import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { CaseContext } from '../running/case-context.js'
import { withChild } from './child.js'

/** Up to so many changes of the files are let pass before the kill. */
const MOST_CHANGES = 8

/**
 * Kills children while they open the log of a case, each after so many changes of its files as are drawn; every other
 * one counts those in the innermost directory only, where the records are. Returns how many died before they could say
 * that it was open.
 */
export async function killWhileOpening(ctx: CaseContext, times: number): Promise<number> {
  let inTime = 0
  for (let time = 0; time < times; time++) {
    const log = join(ctx.directory, 'log')
    const places = [ctx.directory, log, join(log, 'engine')].filter((place) => existsSync(place))
    const inside = time % 2 === 0
    const changes = 1 + ctx.random.below(inside ? MOST_CHANGES / 2 : MOST_CHANGES)
    if (await killAfterChanges(ctx, inside ? places.slice(-1) : places, changes)) inTime++
    ctx.tally.kills++
  }
  return inTime
}

function killAfterChanges(ctx: CaseContext, places: readonly string[], changes: number): Promise<boolean> {
  return withChild(async (child) => {
    let seen = 0
    const watchers = places.map((place) =>
      watch(place, () => {
        if (++seen === changes) child.signalKill()
      }),
    )
    try {
      child.tell({ kind: 'open', order: ctx.order() })
      // Whatever comes first: the death, or the news that the log is open; then it is killed all the same.
      for (let report = await child.next(); report !== undefined; report = await child.next()) {
        if (report.kind === 'refused') throw new Error(`the log did not open: ${report.error.message}`)
        if (report.kind === 'opened') return false
      }
      return true
    } finally {
      watchers.forEach((watcher) => watcher.close())
    }
  })
}
