import type { DecisionScan, ScanOptions } from '../../contract/decision-log.js'
import type { LogEntry } from '../../contract/proposal.js'
import type { OpenSlotRange, Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import * as check from '../arguments.js'
import type { Ledger } from './ledger.js'
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
      checkScanOptions(options)
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
      const slot = firstHeld(shown, this.#next, this.#scope)
      if (slot === undefined || slot >= this.#end) {
        // Finished: what happens to the log from here on does not concern this scan.
        this.#next = this.#end
        break
      }
      const entry = this.#entry(slot)
      if (entry === 'damaged' && this.#damaged === 'reject') {
        // What was gathered before the damage is delivered first; the next pull comes back here.
        if (batch.length > 0) return batch
        throw raise.damagedSlot(slot)
      }
      this.#next = slot + 1
      if (entry && entry !== 'damaged') batch.push(entry)
    }
    return batch.length > 0 ? batch : undefined
  }

  #entry(slot: Slot): LogEntry | 'damaged' | undefined {
    const { status } = this.#writes.shown.state(slot)
    if (status === 'damaged' || status === 'empty') return 'damaged'
    const stored = this.#writes.read(slot)
    return !stored || stored === 'damaged' ? stored : { status, slot, ...stored }
  }
}

function checkScanOptions(options: ScanOptions | undefined): void {
  check.checkOptions(options)
  if (options?.batchLength !== undefined) {
    check.checkInteger(options.batchLength, 'options.batchLength', 1, MAX_BATCH_LENGTH)
  }
  check.checkOptionalBoolean(options?.includeAccepted, 'options.includeAccepted')
  if (options?.damaged !== undefined && options.damaged !== 'reject' && options.damaged !== 'skip') {
    throw new TypeError(`options.damaged is ${String(options.damaged)}; it must be 'reject' or 'skip'`)
  }
}

/** The lowest slot at or above `from` that the scan must look at; damaged slots may have been of any kind. */
function firstHeld(ledger: Ledger, from: Slot, scope: ScanScope): Slot | undefined {
  let first: Slot | undefined = ledger.damaged.firstFrom(from)
  for (const ranges of [
    scope.decided ? ledger.decided : undefined,
    scope.accepted ? ledger.accepted : undefined,
  ]) {
    const slot = ranges?.firstFrom(from)
    if (slot !== undefined && (first === undefined || slot < first)) first = slot
  }
  return first
}
