import type { DecisionScan, ScanOptions } from '../../contract/decision-log.js'
import type { LogEntry } from '../../contract/proposal.js'
import type { OpenSlotRange, Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import * as check from '../arguments.js'
import { ONE_KIND } from '../call-names.js'
import type { OwnerCalls } from './owner-calls.js'
import type { SharedProgress } from './shared-progress.js'

const DEFAULT_BATCH_LENGTH = 256
const MAX_BATCH_LENGTH = 65_536

/** The decided entries of `from <= slot < to`, at least one and at most a batch; `undefined` when there are none. */
export type DecidedEntries = (from: Slot, to: Slot, options: ScanOptions) => Promise<LogEntry[] | undefined>

/** A scan of decisions in an attached thread: a cursor, and whoever reads the entries. */
export class ServedScan implements DecisionScan {
  readonly #entries: DecidedEntries
  readonly #owner: OwnerCalls
  readonly #options: ScanOptions = {}
  readonly #signal: AbortSignal | undefined
  readonly #wrong: { readonly error: unknown } | undefined
  #next: Slot = 0
  readonly #end: Slot = 0

  constructor(
    entries: DecidedEntries,
    progress: SharedProgress,
    owner: OwnerCalls,
    range: OpenSlotRange | undefined,
    options: Omit<ScanOptions, 'includeAccepted'> | undefined,
  ) {
    this.#entries = entries
    this.#owner = owner
    try {
      check.checkRange(range)
      checkScanOptions(options)
      owner.check('decisions')
      const { compactedBefore, decidedTo } = progress.bounds()
      const { batchLength = DEFAULT_BATCH_LENGTH, damaged = 'reject', signal } = options ?? {}
      this.#options = { batchLength, damaged }
      this.#signal = signal
      this.#next = range?.from ?? compactedBefore
      if (this.#next < compactedBefore) throw raise.compacted(this.#next, compactedBefore)
      this.#end = Math.min(range?.to ?? Number.MAX_SAFE_INTEGER, decidedTo)
    } catch (error) {
      this.#wrong = { error }
    }
  }

  async nextBatch(): Promise<LogEntry[] | undefined> {
    if (this.#wrong) throw this.#wrong.error
    this.#owner.check('decisions', this.#signal)
    if (this.#next >= this.#end) return undefined
    const batch = await this.#entries(this.#next, this.#end, this.#options)
    this.#next = batch ? batch.at(-1)!.slot + 1 : this.#end
    return batch
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogEntry> {
    for (let batch = await this.nextBatch(); batch; batch = await this.nextBatch()) yield* batch
  }
}

function checkScanOptions(options: ScanOptions | undefined): void {
  check.checkOptions(options, ONE_KIND)
  const { batchLength, damaged } = options ?? {}
  if (batchLength !== undefined) check.checkInteger(batchLength, 'options.batchLength', 1, MAX_BATCH_LENGTH)
  if (damaged !== undefined && damaged !== 'reject' && damaged !== 'skip') {
    throw new TypeError(`options.damaged is ${String(damaged)}; it must be 'reject' or 'skip'`)
  }
}
