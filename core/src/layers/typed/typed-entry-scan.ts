import type { DecisionScan, ScanOptions } from '../../contract/decision-log.js'
import type { LogEntry } from '../../contract/proposal.js'
import { isPersistentLogError } from '../../errors/persistent-log-error.js'
import type { TypedEntry, TypedScan } from './typed-log.js'

/** Decodes what a scan yields. What lies before a value that cannot be read is delivered first. */
export class TypedEntryScan<D> implements TypedScan<D> {
  readonly #scan: DecisionScan
  readonly #decode: (entry: LogEntry) => TypedEntry<D>
  readonly #damaged: ScanOptions['damaged']
  #failure: { readonly error: unknown } | undefined

  constructor(
    scan: DecisionScan,
    decode: (entry: LogEntry) => TypedEntry<D>,
    damaged: ScanOptions['damaged'],
  ) {
    this.#scan = scan
    this.#decode = decode
    this.#damaged = damaged
  }

  async nextBatch(): Promise<TypedEntry<D>[] | undefined> {
    for (;;) {
      if (this.#failure) throw this.#failure.error
      const batch = await this.#scan.nextBatch()
      if (!batch) return undefined
      const entries = this.#decodeBatch(batch)
      if (entries.length > 0) return entries
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TypedEntry<D>> {
    for (let batch = await this.nextBatch(); batch; batch = await this.nextBatch()) yield* batch
  }

  #decodeBatch(batch: readonly LogEntry[]): TypedEntry<D>[] {
    const entries: TypedEntry<D>[] = []
    for (const entry of batch) {
      try {
        entries.push(this.#decode(entry))
      } catch (error) {
        if (this.#damaged === 'skip' && isPersistentLogError(error, 'PLOG_DIGEST_MISMATCH')) continue
        this.#failure = { error }
        return entries
      }
    }
    return entries
  }
}
