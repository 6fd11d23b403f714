import type { InstallCheckpointOptions, StoreCheckpointOptions } from '../contract/checkpoint-store.js'
import type { AcceptAllOptions, CallOptions, ScanOptions, WriteOptions } from '../contract/decision-log.js'
import type { CompactOptions } from '../contract/persistent-log.js'
import type { OpenSlotRange } from '../contract/slot.js'

/** The names of all fields of `T`: one that the contract gets and this list does not, or the other way round, is no TypeScript. */
const namesOf = <T extends object>(fields: Readonly<Record<keyof T, true>>): readonly string[] =>
  Object.keys(fields)

const scan = { batchLength: true, damaged: true, signal: true } as const
const checkpoint = { ballot: true, metadata: true, signal: true } as const

/** What a range may hold. */
export const RANGE = namesOf<OpenSlotRange>({ from: true, to: true })
/** What the options of a call may hold, here and below. */
export const CALL = namesOf<CallOptions>({ signal: true })
export const WRITE = namesOf<WriteOptions>({ survives: true, signal: true })
export const ACCEPT_ALL = namesOf<AcceptAllOptions>({ discardFrom: true, survives: true, signal: true })
export const DECISIONS = namesOf<ScanOptions>({ includeAccepted: true, ...scan })
/** A scan of one kind of entries: of proposals, or of decisions in an attached log. */
export const ONE_KIND = namesOf<Omit<ScanOptions, 'includeAccepted'>>(scan)
export const COMPACT = namesOf<CompactOptions>({
  before: true,
  retain: true,
  acrossGaps: true,
  withoutCheckpoint: true,
  signal: true,
})
export const PUBLISH = {
  store: namesOf<StoreCheckpointOptions>({ acrossGaps: true, ...checkpoint }),
  install: namesOf<InstallCheckpointOptions>({ discardFrom: true, ...checkpoint }),
}
export const PRUNE: readonly string[] = ['keep', ...CALL]
export const EXPORT: readonly string[] = ['only', ...CALL]
