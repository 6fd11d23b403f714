/**
 * The file format of the LMDB that lmdb-js brings along: data version 2, little endian, 64-bit page numbers. It is
 * not the one of stock LMDB 0.9: page headers are 24 bytes and hold a transaction number, node offsets count from
 * behind the header, and metas end with a boot id. It has fields for neither checksums nor encryption; both would
 * be options of the environment that lmdb-js does not set by default.
 */
export const pageHeaderSize = 24
export const nodeHeaderSize = 8
export const overflowRecordSize = 24
export const treeRecordSize = 48
export const magic = 0xbeefc0de
export const dataVersion = 2
/** The deepest tree a cursor of LMDB can walk; it writes past its stack in a deeper one. */
export const maxDepth = 32

export const branchFlag = 0x01
export const leafFlag = 0x02
export const overflowFlag = 0x04
export const metaFlag = 0x08

/** Node: the data is on pages of its own. */
export const bigData = 0x01
/** Node: the data describes a named database. */
export const subData = 0x02

/** Tree: keys are native integers. Every list of free pages has it. */
export const integerKey = 0x08
/** Tree: lmdb-js marks with it that values begin with a version. */
export const versions = 0x100

/** Environment flags that are kept in a meta and change how everything else is to be read. */
export const fixedMap = 0x01
export const encrypted = 0x2000

/** What a page number reads as when there is no page. */
export const noPage = -1

/** Describes one tree: its root, and what must be found below it. */
export interface Tree {
  readonly flags: number
  readonly depth: number
  readonly branchPages: number
  readonly leafPages: number
  readonly overflowPages: number
  readonly entries: number
  readonly root: number
}

/** A meta page: where one snapshot of the store begins. */
export interface Meta {
  readonly pageSize: number
  readonly flags: number
  readonly free: Tree
  readonly main: Tree
  readonly lastPage: number
  readonly transaction: number
}

/** An unsigned 64-bit integer: `noPage` for all ones, infinity for what is beyond the safe integers. */
export function readUnsigned(bytes: Buffer, at: number): number {
  const low = bytes.readUInt32LE(at)
  const high = bytes.readUInt32LE(at + 4)
  if (low === 0xffffffff && high === 0xffffffff) return noPage
  return high > 0x1fffff ? Infinity : high * 2 ** 32 + low
}

export function readTree(bytes: Buffer, at: number): Tree {
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branchPages: readUnsigned(bytes, at + 8),
    leafPages: readUnsigned(bytes, at + 16),
    overflowPages: readUnsigned(bytes, at + 24),
    entries: readUnsigned(bytes, at + 32),
    root: readUnsigned(bytes, at + 40),
  }
}

/** Bytes of a meta page that mean something. */
export const metaPageSize = pageHeaderSize + 144

/** Reads meta page `index` from its first bytes, or returns the reason why it is none. */
export function readMeta(bytes: Buffer, index: number): Meta | string {
  if (bytes.length < metaPageSize) return 'the file ends within a meta page'
  if (bytes.readUInt16LE(18) !== metaFlag) return 'not a meta page'
  if (readUnsigned(bytes, 0) !== index) return 'wrong page number'
  const at = pageHeaderSize
  if (bytes.readUInt32LE(at) !== magic) return 'wrong magic number'
  if (bytes.readUInt32LE(at + 4) !== dataVersion) return 'unknown format version'
  const meta: Meta = {
    // Two fields of the record of the free list, which has no use for them, hold these.
    pageSize: bytes.readUInt32LE(at + 24),
    flags: bytes.readUInt16LE(at + 28),
    free: readTree(bytes, at + 24),
    main: readTree(bytes, at + 72),
    lastPage: readUnsigned(bytes, at + 120),
    transaction: readUnsigned(bytes, at + 128),
  }
  const { pageSize, flags, lastPage, transaction } = meta
  if (pageSize < 256 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) return 'impossible page size'
  if (flags & fixedMap || flags & encrypted || !(flags & integerKey)) return 'impossible flags'
  if (!Number.isSafeInteger(transaction) || transaction < 0) return 'impossible transaction number'
  // Transactions take turns with the two pages; a new store has number 0 in both.
  if (transaction !== 0 && transaction % 2 !== index) return 'transaction number of the other meta page'
  if (!Number.isSafeInteger(lastPage) || lastPage < 1) return 'impossible last page'
  return meta
}
