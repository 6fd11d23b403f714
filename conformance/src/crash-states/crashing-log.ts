import type { PersistentLog } from '@persistent-log/core'
import { DiskImage } from '../disk/disk-image.js'
import { unitsOfTrace } from '../disk/durability.js'
import { DiskRecorder } from '../disk/seam/disk-recorder.js'
import type { DiskSeam } from '../disk/seam/disk-seam.js'
import type { Real } from '../model/commands.js'
import { Random } from '../running/random.js'
import { openLogUnderTest } from '../running/target.js'
import { imageAtRest, simulateRestart } from './examine-state.js'
import type { Bench, HistoryPlan } from './messages.js'

/** No flush reaches the device, since no power is cut. */
const SPARED = { withoutFlushes: true }

/** A log of a history, which crashes when it is told to: everything is acknowledged then, nothing is in flight. */
export class CrashingLog implements Real {
  log: PersistentLog
  crashes = 0
  readonly #seam: DiskSeam
  readonly #bench: Bench
  readonly #kind: HistoryPlan['crash']
  #recorder: DiskRecorder | undefined

  private constructor(
    seam: DiskSeam,
    bench: Bench,
    kind: HistoryPlan['crash'],
    opened: { readonly log: PersistentLog; readonly recorder: DiskRecorder | undefined },
  ) {
    this.#seam = seam
    this.#bench = bench
    this.#kind = kind
    this.log = opened.log
    this.#recorder = opened.recorder
  }

  /** A new log in the place of the last one. */
  static async create(seam: DiskSeam, bench: Bench, kind: HistoryPlan['crash']): Promise<CrashingLog> {
    new DiskImage().materialise(bench.place)
    return new CrashingLog(seam, bench, kind, await CrashingLog.#open(seam, bench, kind))
  }

  async reopen(log: PersistentLog): Promise<PersistentLog> {
    await log.close()
    return openLogUnderTest(this.#bench.order)
  }

  /** Takes the log away as it is now, and opens what is left of its files. */
  async crash(log: PersistentLog, seed: number): Promise<PersistentLog> {
    const isKill = this.#recorder === undefined
    const left = isKill ? await imageAtRest(this.#bench.place) : this.#afterPowerCut(seed)
    this.#seam.follow(undefined, SPARED)
    // What it does now is done to files that are gone.
    await log.close()
    left.materialise(this.#bench.place)
    if (this.#kind === 'power cut') simulateRestart()
    const opened = await CrashingLog.#open(this.#seam, this.#bench, this.#kind)
    this.#recorder = opened.recorder
    this.crashes++
    return opened.log
  }

  async end(): Promise<void> {
    this.#seam.follow(undefined, SPARED)
    await this.log.close()
  }

  static async #open(
    seam: DiskSeam,
    { place, order }: Bench,
    kind: HistoryPlan['crash'],
  ): Promise<{ log: PersistentLog; recorder: DiskRecorder | undefined }> {
    const recorder = kind === 'power cut' ? new DiskRecorder(place) : undefined
    seam.follow(recorder, SPARED)
    return { log: await openLogUnderTest(order), recorder }
  }

  /** Each of what was not flushed is lost or kept, as the seed has it. */
  #afterPowerCut(seed: number): DiskImage {
    const { initial, events } = this.#recorder ?? { initial: new DiskImage(), events: [] }
    const image = new DiskImage(initial)
    const random = new Random(seed)
    for (const unit of unitsOfTrace(events, 'strict')) {
      if (unit.durable <= events.length || random.below(2) === 0) image.apply(unit.change)
    }
    return image
  }
}
