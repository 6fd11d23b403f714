import { expect } from 'chai'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withChild, type Child } from '../crash/child.js'
import { Expectation } from '../crash/expectation.js'
import type { Operation } from '../crash/operation.js'
import { Oracle } from '../crash/oracle.js'
import type { CaseContext } from '../running/case-context.js'
import type { Random } from '../running/random.js'
import type { OpenOrder } from '../running/target.js'
import { Unproven } from '../running/unproven.js'
import { hex } from '../running/values.js'
import type { MountedImage } from './mounted-image.js'

/** Larger than any page or block, small enough that many fit. */
const VALUE_LENGTH = 16_384

/** Twice what is left of the disk. */
const MOST_BYTES = 800 * VALUE_LENGTH

/** A log on a disk that takes no more. */
export class FullDiskRun {
  readonly #image: MountedImage
  readonly #order: OpenOrder
  readonly #expectation: Expectation
  readonly #tally: CaseContext['tally']
  readonly #random: Random
  readonly #valueLength: number

  constructor(ctx: CaseContext, image: MountedImage) {
    this.#image = image
    this.#tally = ctx.tally
    this.#random = ctx.random
    this.#valueLength = Math.min(VALUE_LENGTH, ctx.capabilities.limits.valueBytes)
    this.#order = ctx.strongestOrder({ directory: join(image.path, 'log') })
    this.#expectation = new Expectation(ctx.tally, new Oracle(this.#order.config.firstSlot))
  }

  /** Makes the log while there is room for it. */
  async create(): Promise<void> {
    await withChild(async (child) => {
      await child.open(this.#order)
      await child.close()
    })
  }

  /**
   * A child writes until it is refused; it must live on, and read what it acknowledged. `free` makes room, and the log,
   * opened anew, holds what it acknowledged and takes writes again.
   */
  async examine(free: () => Promise<void>): Promise<void> {
    this.#tally.faultsTried++
    await withChild(async (child) => {
      await this.#open(child)
      await this.#writeUntilRefused(child)
      this.#tally.faultsHit++
      child.tell({ kind: 'look' })
      const { found } = await child.expect('looked')
      this.#expectation.copy().check(found, undefined, 'a write that the disk had no room for')
      child.tell({ kind: 'close' })
      const { error } = await child.expect('closed')
      if (error && error.code === undefined)
        expect.fail(`close was refused by an error that is none: ${error.message}`)
      const { code, signal, stderr } = await child.leave()
      expect(signal ?? code, `the process ended badly: ${stderr}`).to.equal(0)
    })
    await free()
    await this.#goOn()
  }

  /** A log may need more room than there is even to open: then it has to say so. */
  async #open(child: Child): Promise<void> {
    child.tell({ kind: 'open', order: this.#order })
    await child.expect('opening')
    const said = await child.expect('opened', 'refused')
    if (said.kind === 'opened') return
    const { code, message } = said.error
    if (code === undefined) expect.fail(`an open was refused by an error that is none of the log: ${message}`)
    throw new Unproven(`it does not open on a disk that is nearly full: ${message}`)
  }

  async #writeUntilRefused(child: Child): Promise<void> {
    const most = Math.ceil(MOST_BYTES / this.#valueLength)
    const operations = this.#writes(0, most)
    const acknowledged = new Set<number>()
    const begun = new Set<number>()
    const refused = new Set<number>()
    child.tell({ kind: 'run', operations, window: 1, mostRefusals: 1 })
    for (let report = await child.next(); report?.kind !== 'ran'; report = await child.next()) {
      if (report === undefined) expect.fail(`the process died on a full disk (${child.howItEnded()})`)
      if (report.kind === 'will') begun.add(report.at)
      if (report.kind === 'did') acknowledged.add(report.at)
      if (report.kind !== 'failed') continue
      refused.add(report.at)
      const { code, message } = report.error
      if (code === undefined)
        expect.fail(`a write was refused by an error that is none of the log: ${message}`)
    }
    this.#expectation.interrupt(operations, { acknowledged, begun, refused })
    if (refused.size === 0) throw new Unproven(`${most} writes did not fill ${this.#image.path}`)
  }

  /** Decisions whose values no engine can make shorter. */
  #writes(from: number, count: number): Operation[] {
    return Array.from({ length: count }, (_, at) => {
      const value = hex(this.#random.bytes(this.#valueLength >> 1))
      return { kind: 'learn', entry: { slot: from + at, round: 1, nodeId: 0, value } }
    })
  }

  async #goOn(): Promise<void> {
    await withChild(async (child) => {
      const { found, recovery } = await child.open(this.#order)
      this.#expectation.check(found, recovery, 'a full disk')
      const more = this.#writes(this.#expectation.state.nextSlot(), 4)
      child.tell({ kind: 'run', operations: more, window: 1 })
      for (const at of more.keys()) {
        await child.expect('will')
        expect((await child.expect('did')).at).to.equal(at)
      }
      await child.expect('ran')
      await child.close()
      const places = new Set(more.keys())
      this.#expectation.interrupt(more, { acknowledged: places, begun: places })
      const again = await child.open(this.#order)
      this.#expectation.check(again.found, again.recovery, 'a full disk, and going on')
      await child.close()
    })
  }
}

/** Fills a file system up to the given rest with one file, which `free` removes. */
export async function fillUpTo(
  directory: string,
  restBytes: number,
): Promise<{ readonly free: () => Promise<void> }> {
  const { bavail, bsize } = await statfs(directory)
  const file = join(directory, 'ballast')
  await writeFile(file, Buffer.alloc(Math.max(0, bavail * bsize - restBytes)), { flush: true })
  return { free: () => rm(file) }
}
