import { expect } from 'chai'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TEST_BOOT_ID_VARIABLE } from '@persistent-log/core/backend'
import { withChild, type Child } from '../crash/child.js'
import { Expectation } from '../crash/expectation.js'
import { drawMoment, WINDOW, type Moment } from '../crash/kill-run.js'
import type { Report } from '../crash/messages.js'
import type { Operation } from '../crash/operation.js'
import { Oracle } from '../crash/oracle.js'
import { planWorkload } from '../crash/workload.js'
import type { CaseContext } from '../running/case-context.js'
import type { OpenOrder } from '../running/target.js'
import type { MountedImage } from './mounted-image.js'
import type { PowerSwitch } from './power-switch.js'

/** After a power cut everything is refused: no more calls than these are made then. */
const MOST_REFUSALS = 1

/** Up to so long after the moment the power is cut, in ms: in the middle of a flush. No check rests on it. */
const LONGEST_DELAY_MS = 6

/** Opening an engine takes a few times that, in ms. */
const LONGEST_OPENING_MS = 40

/** A log on a file system whose power is cut again and again. Each time the log is told of another start of the machine. */
export class PowerRun {
  readonly #ctx: CaseContext
  readonly #image: MountedImage
  readonly #order: OpenOrder
  readonly expectation: Expectation
  #boot = 0

  constructor(ctx: CaseContext, image: MountedImage) {
    this.#ctx = ctx
    this.#image = image
    this.#order = ctx.strongestOrder({ directory: join(image.path, 'log') })
    this.expectation = new Expectation(ctx.tally, new Oracle(this.#order.config.firstSlot))
  }

  /** A child opens the log, which is checked, makes calls that are to survive, and loses its power in the middle. */
  async cutDuring(count: number): Promise<void> {
    const { random, capabilities } = this.#ctx
    const moment = drawMoment(random, count)
    await this.#inChild(async (child) => {
      await this.#openAndCheck(child)
      const operations = planWorkload({
        base: this.expectation.state,
        count,
        random,
        capabilities,
        weakest: 'power-loss',
        valueLength: 40,
        label: `boot ${this.#boot}`,
      })
      await this.cutDuringCalls(child, operations, moment)
    })
  }

  /** These calls are made; the power is cut at the moment. Only what was acknowledged before counts. */
  async cutDuringCalls(child: Child, operations: readonly Operation[], moment: Moment): Promise<void> {
    await this.#image.armed((power) => this.#cutDuringCalls(power, child, operations, moment))
    await this.#restart(child)
  }

  async #cutDuringCalls(
    power: PowerSwitch,
    child: Child,
    operations: readonly Operation[],
    moment: Moment,
  ): Promise<void> {
    const acknowledged = new Set<number>()
    const begun = new Set<number>()
    const comes = ({ kind, at }: { readonly kind: string; readonly at: number }): boolean =>
      'acknowledged' in moment
        ? kind === 'did' && at === moment.acknowledged
        : kind === 'will' && at === moment.begun
    child.tell({ kind: 'run', operations, window: WINDOW, mostRefusals: MOST_REFUSALS })
    for (let report = await child.next(); report !== undefined; report = await child.next()) {
      if (report.kind === 'failed') expect.fail(`refused before the power was cut: ${report.error.message}`)
      if (report.kind === 'will') begun.add(report.at)
      if (report.kind === 'did') acknowledged.add(report.at)
      if (report.kind === 'ran' || ('at' in report && comes(report))) break
    }
    await this.#pause(LONGEST_DELAY_MS)
    // From here on nothing that is heard was certainly acknowledged in time.
    await this.#cut(power)
    child.signalKill()
    for (let report: Report | undefined; (report = await child.next()) !== undefined;) {
      if (report.kind === 'will') begun.add(report.at)
    }
    this.expectation.interrupt(operations, { acknowledged, begun })
  }

  /** The power is cut while a child opens the log. */
  async cutWhileOpening(): Promise<void> {
    await this.#inChild(async (child) => {
      await this.#image.armed(async (power) => {
        child.tell({ kind: 'open', order: this.#order })
        await child.expect('opening')
        await this.#pause(LONGEST_OPENING_MS)
        await this.#cut(power)
      })
      await this.#restart(child)
    })
  }

  /** The power is cut as soon as the log is open. */
  async cutWhenOpen(): Promise<void> {
    await this.#inChild(async (child) => {
      await this.#openAndCheck(child)
      await this.#image.armed((power) => this.#cut(power))
      await this.#restart(child)
    })
  }

  /** A child opens the log, checks it, goes on with it, and leaves it clean; another one finds the same. */
  async check(): Promise<void> {
    await this.#inChild(async (child) => {
      await this.#openAndCheck(child)
      const more = this.#sameLengthCalls()
      child.tell({ kind: 'run', operations: more, window: 1 })
      for (const at of more.keys()) {
        await child.expect('will')
        expect((await child.expect('did')).at).to.equal(at)
      }
      await child.expect('ran')
      await child.close()
      const places = new Set(more.keys())
      this.expectation.interrupt(more, { acknowledged: places, begun: places })
      await this.#openAndCheck(child)
      await child.close()
    })
  }

  /** Records as long as those that a cut may have torn, where they would lie: nothing behind them may come back. */
  #sameLengthCalls(): Operation[] {
    const { state } = this.expectation
    const round = Math.max(state.promised?.round ?? 0, 1) + 1
    const next = state.nextSlot()
    const value = `after boot ${this.#boot}; `.repeat(40).slice(0, 40)
    return [0, 1, 2].map((offset) => ({
      kind: 'accept',
      entry: { slot: next + offset, round, nodeId: 0, value },
    }))
  }

  async #openAndCheck(child: Child): Promise<void> {
    const { found, recovery } = await child.open(this.#order)
    this.expectation.check(found, recovery, 'the power cut')
  }

  async #cut(power: PowerSwitch): Promise<void> {
    await power.cut()
    this.#ctx.tally.powerCuts++
  }

  async #restart(child: Child): Promise<void> {
    await child.kill()
    await this.#image.restart()
    this.#boot++
  }

  #inChild<T>(use: (child: Child) => Promise<T>): Promise<T> {
    return withChild(use, { [TEST_BOOT_ID_VARIABLE]: `boot-${this.#boot}` })
  }

  /** Mostly not at all, sometimes up to the given time. */
  async #pause(longestMs: number): Promise<void> {
    const { random } = this.#ctx
    if (random.below(3) > 0) await delay(random.below(longestMs + 1))
  }
}
