import { fields, flag, integer, v } from '@persistent-log/core/backend'

const KIB = 1024
const MIB = 1024 * KIB

/** The section `options.level` of a configuration. */
export const levelOptions = fields({
  /**
   * Memory for blocks of tables that were read, in bytes, uncompressed. Default 8 MiB, LevelDB's own. Raise it where old
   * slots are read often: what is not in it is read from a file and unpacked again.
   */
  cacheBytes: v.optional(integer(0, 16 * KIB * MIB), 8 * MIB),
  /**
   * Size in bytes at which LevelDB's log becomes a table. Default 4 MiB, LevelDB's own. A larger one writes less often
   * twice, takes up to twice its size in memory, and makes the next open longer, since the log is replayed.
   */
  writeBufferBytes: v.optional(integer(64 * KIB, KIB * MIB), 4 * MIB),
  /**
   * Largest size of a table, in bytes, roughly. Default 2 MiB, LevelDB's own. Larger ones mean fewer files, and longer
   * single compactions.
   */
  maxFileBytes: v.optional(integer(MIB, KIB * MIB), 2 * MIB),
  /**
   * Whether open reads every table and verifies the checksum of each of its blocks. Default true: LevelDB does not, and
   * follows a damaged block into an assertion that ends the process. Set false where the file system verifies what it
   * reads (ZFS, btrfs) and a large log must open sooner.
   */
  verifyTables: v.optional(flag, true),
  /** Whether tables are compressed with Snappy. Default true. Set false for values that are compressed already. */
  compression: v.optional(flag, true),
})

/** Options of the backend, completed. */
export type LevelOptions = v.InferOutput<typeof levelOptions>

/** The options as a user writes them: what is left out has its default. */
export type LevelOptionsInput = v.InferInput<typeof levelOptions>
