import { createHash } from 'node:crypto'
import type { CheckpointInfo, InstallCheckpointOptions, StoreCheckpointOptions } from './checkpoint-store.js'
import type { CallOptions } from './decision-log.js'
import type { Slot } from './slot.js'

/** What a divisible state may be at most; one more is `PLOG_TOO_LARGE` (a longer name: a `RangeError`). */
export const PART_LIMITS = {
  /** Parts of one checkpoint. A log holds their list in memory, some 200 bytes each. */
  parts: 65_536,
  /** Bytes of one part, 16 MiB: what is held in memory of it. */
  partBytes: 16 * 1024 * 1024,
  /** Bytes of a part's name in UTF-8; at least 1. */
  nameBytes: 255,
  /** Parts that were received and that no checkpoint names yet: enough for any one checkpoint. */
  receivedParts: 65_536,
} as const

/** A line of a descriptor: a part by its content. */
export interface PartInfo {
  /** The caller's word for the place of the part in the state; no two parts of a checkpoint have the same. */
  readonly name?: string | undefined
  /** SHA-256 of the content, lower-case hex. */
  readonly digest: string
  readonly bytes: number
}

/**
 * A part to be stored: its content; or, by its digest alone, one that the log holds already, so that a line of another
 * log's descriptor will do. Where content and digest (or bytes) are given, they are held against each other.
 */
export interface PartSource {
  readonly name?: string | undefined
  readonly content?: Uint8Array | undefined
  readonly digest?: string | undefined
  readonly bytes?: number | undefined
}

/**
 * The parts of a state, in order. An iterable is read and copied before the call returns; of an async one only so much is
 * in memory as is being written: a few parts.
 */
export type PartSources = Iterable<PartSource> | AsyncIterable<PartSource>

/** A part with its content, on its way to another log. */
export interface ExportedPart extends PartInfo {
  readonly content: Uint8Array
}

/** What leads from one descriptor to another; each content once. */
export interface PartsDiff {
  /** Parts that only the second names: what is to be written, or shipped. */
  readonly added: readonly PartInfo[]
  /** Parts that only the first names. */
  readonly removed: readonly PartInfo[]
  /** Parts that both name. */
  readonly kept: readonly PartInfo[]
}

/**
 * Checkpoints of states that come in parts. The **descriptor**, the list of the parts by name, digest and length, is what
 * such a checkpoint is: its `CheckpointInfo.digest` is that of the descriptor, its state the parts one behind the other.
 *
 * A part is stored once, however many checkpoints name it, and goes with the last of them: a checkpoint that changes few
 * parts writes these and its descriptor. Everything else is as for states in one piece: the same laws and refusals, one
 * commit point, the log's strongest survival, the same `latest`, `nearest`, `list`, `read`, `prune`. A damaged part damages
 * every checkpoint that names it, and no other; it is not counted as held any more, so that its content may come anew.
 */
export interface DivisibleCheckpoints {
  /** Like `CheckpointStore.store`. A part that is named by its digest and is not held: `PLOG_PART_MISSING`. */
  store(slot: Slot, parts: PartSources, options?: StoreCheckpointOptions): Promise<CheckpointInfo>
  /** Like `CheckpointStore.install`: the point moves at the commit point of the checkpoint. */
  install(slot: Slot, parts: PartSources, options?: InstallCheckpointOptions): Promise<CheckpointInfo>
  /** The descriptor of the checkpoint at exactly `slot`. One that was stored in one piece has none: `PLOG_UNSUPPORTED`. */
  describe(slot: Slot, options?: CallOptions): Promise<readonly PartInfo[]>
  /**
   * Parts of a checkpoint with their contents, each content once, in the order of the descriptor, verified before it is
   * handed out. `only`: those with these digests. A prune takes nothing away from an export that has begun.
   */
  export(
    slot: Slot,
    options?: CallOptions & { readonly only?: readonly string[] | undefined },
  ): AsyncIterable<ExportedPart>
  /** Those of a descriptor whose content is not held here, each once: what another log has to send. */
  missing(parts: readonly PartInfo[], options?: CallOptions): Promise<readonly PartInfo[]>
  /**
   * Keeps a part that arrived ahead of its checkpoint; other content than `digest` says: `PLOG_DIGEST_MISMATCH`. It stays,
   * also when the link breaks and the rest comes later, until a checkpoint names it, `giveUp`, or close.
   */
  receive(part: PartSource & { readonly content: Uint8Array }, options?: CallOptions): Promise<PartInfo>
  /** Drops what was received and is named by no checkpoint. */
  giveUp(options?: CallOptions): Promise<{ readonly dropped: number }>
}

/** What leads from one state to another, by their descriptors. */
export function diffParts(from: readonly PartInfo[], to: readonly PartInfo[]): PartsDiff {
  const before = byDigest(from)
  const after = byDigest(to)
  return {
    added: [...after.values()].filter(({ digest }) => !before.has(digest)),
    removed: [...before.values()].filter(({ digest }) => !after.has(digest)),
    kept: [...after.values()].filter(({ digest }) => before.has(digest)),
  }
}

/** Each content once, where it comes first. */
function byDigest(parts: readonly PartInfo[]): ReadonlyMap<string, PartInfo> {
  const found = new Map<string, PartInfo>()
  for (const part of parts) if (!found.has(part.digest)) found.set(part.digest, part)
  return found
}

/**
 * The digest of a divisible checkpoint: SHA-256 over its lines, lower-case hex. A line is
 *
 * ```
 *  0  u16  bytes of the name, 0 for none; the name in UTF-8
 *  n  32 bytes  SHA-256 of the content
 *     u64  bytes of the content
 * ```
 *
 * with integers in big-endian order.
 */
export function digestOfParts(parts: readonly PartInfo[]): string {
  const hash = createHash('sha256')
  for (const { name = '', digest, bytes } of parts) {
    const text = Buffer.from(name)
    const line = Buffer.alloc(2 + text.byteLength + 32 + 8)
    line.writeUInt16BE(text.byteLength, 0)
    line.set(text, 2)
    line.write(digest, 2 + text.byteLength, 'hex')
    line.writeBigUInt64BE(BigInt(bytes), 2 + text.byteLength + 32)
    hash.update(line)
  }
  return hash.digest('hex')
}
