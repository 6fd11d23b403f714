import { fields, flag, integer, oneOf, v, type Capabilities, type OpenBy } from '@persistent-log/core/backend'

const MIB = 1024 * 1024
/** Larger files could not be mapped whole. */
const MAX_FILE_BYTES = 1024 * MIB

/** The section `faster` of the configuration. */
export const fasterOptions = fields({
  /** Bytes after which a segment of the tail is sealed: compaction gives back whole segments. */
  segmentBytes: v.optional(integer(4096, MAX_FILE_BYTES), 64 * MIB),
  /**
   * Files, prepared or retired by compaction, that are kept to become segments: a durable write into one costs no
   * metadata. 0 keeps none: every segment grows as it is written.
   */
  spareSegments: v.optional(integer(0, 64), 2),
  /**
   * Bytes of the mutable region, which writes below power-loss go to; the largest power of two in it is used. What
   * finds no room there goes to the tail. A larger one takes larger bursts, and pays once for each of its pages.
   */
  regionBytes: v.optional(integer(64 * 1024, MAX_FILE_BYTES), 16 * MIB),
  /** Bytes of the values and proofs that are accepted but undecided; beyond it an accept waits. */
  uncommittedBytes: v.optional(integer(1, 64 * 1024 * MIB), 256 * MIB),
  /**
   * Compress sealed segments, in the background. They take less space; a read of one that is not near another inflates
   * 32 KiB, and views of them are copies.
   */
  compression: v.optional(flag, false),
  /** `auto` maps files where the optional package mmap-io can be loaded; `required` refuses to open without it. */
  mmap: v.optional(oneOf(['auto', 'off', 'required']), 'auto'),
})

/** The options, complete. */
export type FasterOptions = v.InferOutput<typeof fasterOptions>

/** The options as a user writes them: what is left out has its default. */
export type FasterOptionsInput = v.InferInput<typeof fasterOptions>

const VALUE_BYTES = 16 * MIB
const BATCH_SLOTS = 65_536
const BATCH_BYTES = 64 * MIB

/** The strongest that a log offers, whatever its options. */
export const SURVIVES = { accept: 'power-loss', commit: 'power-loss' } as const

/** What a log with these options offers. */
export function capabilitiesOf(
  { uncommittedBytes }: Pick<FasterOptions, 'uncommittedBytes'>,
  openBy: OpenBy,
): Capabilities {
  return {
    survives: SURVIVES,
    openBy,
    atomicBatches: true,
    locatesCorruption: true,
    syncReads: true,
    borrowedReads: true,
    syncWrites: 'process-crash',
    limits: { valueBytes: VALUE_BYTES, batchSlots: BATCH_SLOTS, batchBytes: BATCH_BYTES, uncommittedBytes },
  }
}
