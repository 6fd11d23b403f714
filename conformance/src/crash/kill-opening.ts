import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { CaseContext } from '../running/case-context.js'
import type { OpenOrder } from '../running/target.js'
import { Unproven } from '../running/unproven.js'
import { withChild } from './child.js'
import type { OpeningDeath, OpeningSurvey } from './opening-death.js'

/**
 * Kills children while they open a log: every other one by its own hand between two calls of `node:fs`, the rest after a
 * part of the time that an opening takes, whatever the engine is doing then. Moments are spread over the whole opening.
 */
export class OpeningKills {
  readonly #ctx: CaseContext
  readonly #survey: OpeningSurvey
  readonly #attempts: number
  #made = 0
  #inTime = 0

  private constructor(ctx: CaseContext, survey: OpeningSurvey) {
    this.#ctx = ctx
    this.#survey = survey
    const { kills } = ctx.budgets
    this.#attempts = Math.max(Math.min(kills, 8), Math.ceil(kills / 4))
  }

  /** `order` opens a log like the one whose openings will be killed; it is used up. */
  static async like(ctx: CaseContext, order: OpenOrder): Promise<OpeningKills> {
    return new OpeningKills(ctx, await surveyed(order))
  }

  /** Calls `next` before each attempt for what is to be opened. Proves nothing when every child was too fast. */
  async inTurn(
    next: () => Promise<OpenOrder>,
    then: (order: OpenOrder) => Promise<void> = async () => undefined,
  ): Promise<void> {
    while (this.#made < this.#attempts) {
      const order = await next()
      if (await diesIn(order, this.#moment())) this.#inTime++
      this.#made++
      this.#ctx.tally.kills++
      await then(order)
    }
    if (this.#inTime === 0) throw new Unproven(`none of ${this.#attempts} openings was killed before its end`)
  }

  #moment(): OpeningDeath {
    const { calls, tookMs } = this.#survey
    const part = (this.#made + this.#ctx.random.below(1_000) / 1_000) / this.#attempts
    const isBetweenCalls = this.#made % 2 === 0 && calls > 0
    return isBetweenCalls ? { atCall: 1 + Math.floor(part * calls) } : { afterMs: part * tookMs }
  }
}

/** A copy of a log that no process has open. */
export async function copyOf(ctx: CaseContext, order: OpenOrder): Promise<OpenOrder> {
  const directory = join(await ctx.freshDirectory(), 'log')
  await cp(order.config.directory ?? '', directory, { recursive: true })
  return { ...order, config: { ...order.config, directory } }
}

function surveyed(order: OpenOrder): Promise<OpeningSurvey> {
  return withChild(async (child) => {
    child.tell({ kind: 'survey', order })
    return (await child.expect('surveyed')).survey
  })
}

/** True when the child died before it could say that the log is open; then it is killed all the same. */
function diesIn(order: OpenOrder, death: OpeningDeath): Promise<boolean> {
  return withChild(async (child) => {
    child.tell({ kind: 'open', order, death })
    for (let report = await child.next(); report !== undefined; report = await child.next()) {
      if (report.kind === 'refused') throw new Error(`the log did not open: ${report.error.message}`)
      if (report.kind === 'unreadable') throw new Error(`the log was not read: ${report.error.message}`)
      if (report.kind === 'opened') return false
    }
    return true
  })
}
