import type { CallOptions } from './decision-log.js'

/** One named record: membership, hard state (term, vote) and the like. */
export interface ConfigurationRecord {
  /** A counter of the caller, a safe integer from 0 on. */
  readonly version: number
  readonly value: Uint8Array
}

/** Small named records beside the log. They outlive compaction and are always stored at the strongest survival. */
export interface ConfigurationStore {
  load(name: string, options?: CallOptions): Promise<ConfigurationRecord | undefined>
  /** Same version and bytes: no-op. Otherwise a version that is not greater: `PLOG_STALE_VERSION`. */
  store(name: string, record: ConfigurationRecord, options?: CallOptions): Promise<void>
}
