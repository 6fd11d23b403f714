import { crc32c, unmaskCrc } from './crc32c.js'

const LOG = /^\d+\.log$/

/** The names of LevelDB's logs in a directory, in the order in which they were written. */
export const logsIn = (names: readonly string[]): string[] =>
  names.filter((name) => LOG.test(name)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))

/**
 * LevelDB's log format, shared by write-ahead logs and the MANIFEST: 32 KiB blocks of records, each a masked
 * CRC-32C, a 16-bit length, a type, and bytes. A record that does not fit its block continues in the next one.
 */
const blockSize = 32768
const headerSize = 7
const full = 1
const first = 2
const last = 4

/** One logical record, put together from its fragments. */
export interface LogRecord {
  readonly offset: number
  readonly data: Buffer
}

/**
 * A place where the log does not read as written. `record` is where the logical record it belongs to begins.
 * `tail` is set when no further record begins behind it: `torn` when the bytes end or turn to zeros, which is what
 * an unfinished write leaves; `ambiguous` when the bytes are there but wrong, which may also be a bad sector.
 */
export interface LogDamage {
  readonly offset: number
  readonly record: number
  readonly reason: string
  readonly tail?: 'torn' | 'ambiguous'
}

export interface LogScan {
  readonly records: readonly LogRecord[]
  readonly damage: readonly LogDamage[]
}

/** What stands at one offset: a sound fragment, or the reason why it is none and what a tail like it may be. */
type Fragment =
  | { readonly type: number; readonly start: number; readonly end: number }
  | { readonly reason: string; readonly tail?: 'torn' | 'ambiguous' }

/** Reads a whole log. It never throws: everything that is wrong is in `damage`. */
export function scanLog(bytes: Buffer): LogScan {
  const records: LogRecord[] = []
  const damage: LogDamage[] = []
  let pending: { offset: number; parts: Buffer[] } | undefined
  // True after damage: continuations that follow belong to a record that is already reported.
  let skipping = false
  let lastBegin = -1
  const zerosFrom = trailingZeros(bytes)

  const report = (offset: number, reason: string, tail?: 'torn' | 'ambiguous') => {
    damage.push({ offset, record: pending?.offset ?? offset, reason, ...(tail && { tail }) })
    pending = undefined
    skipping = true
  }

  let at = 0
  while (at < bytes.length) {
    const blockEnd = Math.min(at - (at % blockSize) + blockSize, bytes.length)
    const fragment = readFragment(bytes, at, blockEnd, zerosFrom)
    if (fragment === undefined) {
      // The end of a block, too short for a header and filled with zeros.
      at = blockEnd
      continue
    }
    if ('reason' in fragment) {
      report(at, fragment.reason, fragment.tail)
      if (fragment.tail === 'torn' && at >= zerosFrom) break
      at = findFragment(bytes, at + 1, blockEnd) ?? blockEnd
      continue
    }
    const { type, start, end } = fragment
    if (type === full || type === first) {
      if (pending) report(at, 'a record begins before the one in front of it ends')
      skipping = false
      lastBegin = at
      pending = { offset: at, parts: [bytes.subarray(start, end)] }
    } else if (pending) {
      pending.parts.push(bytes.subarray(start, end))
    } else if (!skipping) {
      report(at, 'a record continues that never began', 'ambiguous')
    }
    if (pending && (type === full || type === last)) {
      records.push({ offset: pending.offset, data: joined(pending.parts) })
      pending = undefined
    }
    at = end
  }
  if (pending) report(bytes.length, 'the last record has no end', 'torn')

  // Damage with a sound beginning of a record behind it is no tail: what follows was written, so this was, too.
  return {
    records,
    damage: damage.map(({ tail, ...rest }) => (tail && rest.record >= lastBegin ? { ...rest, tail } : rest)),
  }
}

/** The fragment at `at`, or undefined for the zeros that fill a block too short for another header. */
function readFragment(bytes: Buffer, at: number, blockEnd: number, zerosFrom: number): Fragment | undefined {
  const left = blockEnd - at
  const roomInBlock = blockSize - (at % blockSize)
  if (roomInBlock < headerSize) {
    for (let index = at; index < blockEnd; index++) {
      if (bytes[index] !== 0)
        return { reason: 'the filling at the end of a block is not zero', tail: 'ambiguous' }
    }
    return undefined
  }
  if (at >= zerosFrom) return { reason: 'zeros up to the end of the file', tail: 'torn' }
  if (left < headerSize) return { reason: 'the file ends within a record header', tail: 'torn' }
  const crc = unmaskCrc(bytes.readUInt32LE(at))
  const length = bytes.readUInt16LE(at + 4)
  const type = bytes[at + 6]!
  const start = at + headerSize
  const end = start + length
  if (end <= blockEnd && crc32c(bytes, at + 6, end) === crc) {
    if (type >= full && type <= last) return { type, start, end }
    return { reason: `unknown record type ${type}`, tail: 'ambiguous' }
  }
  // The checksum does not cover the length. If it holds for all bytes that are left, the record is complete and
  // only its length is wrong: no unfinished write does that, and LevelDB would drop it without a word.
  if (crc32c(bytes, at + 6, blockEnd) === crc) return { reason: 'wrong record length' }
  if (end > blockEnd && blockEnd === bytes.length && roomInBlock >= headerSize + length) {
    return { reason: 'the file ends within a record', tail: 'torn' }
  }
  return {
    reason: end > blockEnd ? 'record length beyond its block' : 'checksum mismatch',
    tail: 'ambiguous',
  }
}

/**
 * The next offset in the block where a sound fragment stands. LevelDB gives up the rest of a block after damage;
 * we look further because a record behind the damage is the proof that it is not an unfinished write.
 */
function findFragment(bytes: Buffer, from: number, blockEnd: number): number | undefined {
  for (let at = from; at + headerSize <= blockEnd; at++) {
    const type = bytes[at + 6]!
    if (type < full || type > last) continue
    const end = at + headerSize + bytes.readUInt16LE(at + 4)
    if (end <= blockEnd && crc32c(bytes, at + 6, end) === unmaskCrc(bytes.readUInt32LE(at))) return at
  }
  return undefined
}

function trailingZeros(bytes: Buffer): number {
  let at = bytes.length
  while (at > 0 && bytes[at - 1] === 0) at--
  return at
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}
