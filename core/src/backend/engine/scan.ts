import type { DecisionScan, ScanOptions } from '../../contract/decision-log.js'
import type { LogEntry } from '../../contract/proposal.js'
import type { OpenSlotRange, Slot, SlotRange } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import * as check from '../arguments.js'
import * as names from '../call-names.js'
import type { Outline } from './ledger.js'
import type { LifeCycle } from './life-cycle.js'
import type { WritePath } from './write-path.js'

const DEFAULT_BATCH_LENGTH = 256
const MAX_BATCH_LENGTH = 65_536

/** Which entries a scan yields. */
export interface ScanScope {
  readonly operation: string
  readonly decided: boolean
  readonly accepted: boolean
}

/**
 * A scan holds nothing but a cursor: it looks at the shown state when it is pulled, so it never holds a compaction up,
 * and a slot is judged exactly once.
 */
export class EngineScan implements DecisionScan {
  readonly #life: LifeCycle
  readonly #writes: WritePath
  readonly #scope: ScanScope
  readonly #batchLength: number = DEFAULT_BATCH_LENGTH
  readonly #damaged: ScanOptions['damaged']
  readonly #signal: AbortSignal | undefined
  readonly #wrong: { readonly error: unknown } | undefined
  #next: Slot = 0
  readonly #end: Slot = 0

  constructor(
    life: LifeCycle,
    writes: WritePath,
    scope: ScanScope,
    range: OpenSlotRange | undefined,
    options: ScanOptions | undefined,
  ) {
    this.#life = life
    this.#writes = writes
    this.#scope = scope
    try {
      check.checkRange(range)
      checkScanOptions(options, scope)
      life.check(scope.operation, 'read')
      this.#batchLength = options?.batchLength ?? DEFAULT_BATCH_LENGTH
      this.#damaged = options?.damaged ?? 'reject'
      this.#signal = options?.signal
      this.#next = range?.from ?? writes.shown.point
      if (this.#next < writes.shown.point) throw raise.compacted(this.#next, writes.shown.point)
      this.#end = Math.min(range?.to ?? Number.MAX_SAFE_INTEGER, writes.shown.nextSlot)
    } catch (error) {
      this.#wrong = { error }
    }
  }

  async nextBatch(): Promise<LogEntry[] | undefined> {
    if (this.#wrong) throw this.#wrong.error
    return this.#life.run(this.#scope.operation, 'read', this.#signal, () => this.#collect())
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogEntry> {
    for (let batch = await this.nextBatch(); batch; batch = await this.nextBatch()) yield* batch
  }

  #collect(): LogEntry[] | undefined {
    const { shown } = this.#writes
    const batch: LogEntry[] = []
    while (batch.length < this.#batchLength && this.#next < this.#end) {
      if (this.#next < shown.point) throw raise.compacted(this.#next, shown.point)
      const stretch = firstStretch(shown, this.#next, this.#scope)
      if (!stretch || stretch.from >= this.#end) {
        // Finished: what happens to the log from here on does not concern this scan.
        this.#next = this.#end
        break
      }
      this.#next = stretch.from
      if (!this.#take(stretch, batch)) {
        // What was gathered before the damage is delivered first; the next pull comes back here.
        if (batch.length > 0) return batch
        throw raise.damagedSlot(this.#next)
      }
    }
    return batch.length > 0 ? batch : undefined
  }

  /** Takes the slots of a stretch that are alike, as far as the batch goes; false at damage that the scan must not skip. */
  #take({ status, to }: Stretch, batch: LogEntry[]): boolean {
    const end = Math.min(to, this.#end, this.#next + this.#batchLength - batch.length)
    while (this.#next < end) {
      const slot = this.#next
      const entry = status === 'damaged' ? status : this.#writes.scanned(slot, status)
      if (entry === 'damaged') {
        if (this.#damaged === 'reject') return false
        this.#next++
        // Damage that was just found: the rest of the stretch is looked at anew.
        return true
      }
      this.#next++
      if (entry) batch.push(entry)
    }
    return true
  }
}

function checkScanOptions(options: ScanOptions | undefined, { decided }: ScanScope): void {
  check.checkOptions(options, decided ? names.DECISIONS : names.ONE_KIND)
  if (options?.batchLength !== undefined) {
    check.checkInteger(options.batchLength, 'options.batchLength', 1, MAX_BATCH_LENGTH)
  }
  check.checkOptionalBoolean(options?.includeAccepted, 'options.includeAccepted')
  if (options?.damaged !== undefined && options.damaged !== 'reject' && options.damaged !== 'skip') {
    throw new TypeError(`options.damaged is ${String(options.damaged)}; it must be 'reject' or 'skip'`)
  }
}

/** Neighbouring slots that are alike. */
interface Stretch extends SlotRange {
  readonly status: 'decided' | 'accepted' | 'damaged'
}

/** The first slots at or above `from` that the scan must look at; damaged ones may have been of any kind. */
function firstStretch(ledger: Outline, from: Slot, scope: ScanScope): Stretch | undefined {
  const { damaged, decided, accepted } = ledger
  let first: Stretch | undefined
  const consider = (range: SlotRange | undefined, status: Stretch['status']): void => {
    if (range && (!first || range.from < first.from)) first = { ...range, status }
  }
  if (damaged.count > 0) consider(damaged.firstRangeFrom(from), 'damaged')
  if (scope.decided) consider(decided.firstRangeFrom(from), 'decided')
  if (scope.accepted) consider(accepted.firstRangeFrom(from), 'accepted')
  return first
}
