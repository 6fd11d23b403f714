import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Capabilities, PersistentLog } from '@persistent-log/core'
import type { Budgets } from './budgets.js'
import { dump } from './dump.js'
import { Random } from './random.js'
import type { Tally } from './tally.js'
import { openLogUnderTest, orderFor, type OpenConfig, type OpenOrder, type Target } from './target.js'

/** What the kit hands to every case. */
export interface CaseSetting {
  readonly target: Target
  readonly directory: string
  readonly backendName: string
  readonly capabilities: Capabilities
  readonly seed: number
  readonly budgets: Budgets
  readonly tally: Tally
  readonly state?: string | undefined
}

/** A case's workbench: its own directory on the real file system, its own chance, and the logs it opened. */
export class CaseContext {
  /** Fresh, and removed after the case. */
  readonly directory: string
  readonly capabilities: Capabilities
  readonly backendName: string
  readonly seed: number
  readonly random: Random
  readonly budgets: Budgets
  readonly tally: Tally
  readonly target: Target
  readonly #opened = new Map<PersistentLog, OpenConfig>()
  readonly #state: string | undefined
  #askedForState = false
  #places = 0

  constructor(setting: CaseSetting) {
    this.target = setting.target
    this.directory = setting.directory
    this.capabilities = setting.capabilities
    this.backendName = setting.backendName
    this.seed = setting.seed
    this.random = new Random(setting.seed)
    this.budgets = setting.budgets
    this.tally = setting.tally
    this.#state = setting.state
  }

  /** Where a case tries many states or faults: the only one to try. */
  get state(): string | undefined {
    this.#askedForState = true
    return this.#state
  }

  /** The case knows about states. */
  get askedForState(): boolean {
    return this.#askedForState
  }

  /** The log under test in the case's directory, or in the one that the overrides name. */
  async open(overrides: OpenConfig = {}): Promise<PersistentLog> {
    const log = await openLogUnderTest(this.order(overrides))
    this.#opened.set(log, overrides)
    return log
  }

  /** Closes a log and opens it again as it was, or with other overrides. */
  async reopen(log: PersistentLog, overrides?: OpenConfig): Promise<PersistentLog> {
    const before = this.#opened.get(log)
    await this.close(log)
    return this.open(overrides ?? before)
  }

  /** Closes a log that is needed no more. One that is closed otherwise is kept in memory until the case ends. */
  async close(log: PersistentLog): Promise<void> {
    await log.close()
    this.#opened.delete(log)
  }

  /** What a child process needs to open the same log. */
  order(overrides: OpenConfig = {}): OpenOrder {
    return orderFor(this.target, join(this.directory, 'log'), overrides)
  }

  /**
   * Like {@link order}, for a log that promises as much as it can where a call asks for nothing: what a user configured as
   * the default must not be taken for a loss.
   */
  strongestOrder(overrides: OpenConfig = {}): OpenOrder {
    return this.order(this.strongest(overrides))
  }

  /** The same overrides, with the strongest durability that the log offers where they name none. */
  strongest(overrides: OpenConfig = {}): OpenConfig {
    return { ...overrides, durability: { ...this.capabilities.survives, ...overrides.durability } }
  }

  /** Another fresh place inside the case's directory. */
  async freshDirectory(): Promise<string> {
    const place = join(this.directory, `place-${++this.#places}`)
    await mkdir(place)
    return place
  }

  /** Runs a call and proves that the log shows the same before and after it. */
  async unchanged(log: PersistentLog, call: () => Promise<unknown>): Promise<void> {
    const before = await dump(log)
    await call()
    expect(await dump(log), 'the log changed').to.deep.equal(before)
  }

  /** Closes what is still open. Failures are for the case itself to look for. */
  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.#opened.keys()].map((log) => log.close()))
    this.#opened.clear()
  }
}
