import {
  bigData,
  branchFlag,
  leafFlag,
  nodeHeaderSize,
  overflowRecordSize,
  pageHeaderSize,
  readUnsigned,
  subData,
} from './lmdb-format.js'

/** A key with what belongs to it: a child page in a branch, a value in a leaf. */
export interface Node {
  readonly flags: number
  readonly key: Buffer
  /** Branch: the child. */
  readonly child: number
  /** Leaf: the size of the value, and where it stands unless it is on pages of its own. */
  readonly size: number
  readonly data: Buffer
}

/**
 * Takes a page apart, or returns the reason why that is not safe. LMDB follows every offset and length in it
 * without a look, so each must lead to a place within the page.
 */
export function readNodes(
  bytes: Buffer,
  page: number,
  isLeaf: boolean,
  transaction: number,
): Node[] | string {
  if (readUnsigned(bytes, 0) !== page) return 'wrong page number'
  const writer = readUnsigned(bytes, 8)
  if (writer > transaction || writer < 1) return 'written by a transaction that is yet to come'
  if (bytes.readUInt16LE(18) !== (isLeaf ? leafFlag : branchFlag)) return 'wrong kind of page'
  const room = bytes.length - pageHeaderSize
  const lower = bytes.readUInt16LE(20)
  const upper = bytes.readUInt16LE(22)
  if (lower % 2 !== 0 || upper % 2 !== 0 || lower > upper || upper > room) return 'impossible bounds'
  if (lower === 0) return 'no entries'
  const maxKey = (Math.floor(room / 2) & -2) - 2 - 56

  const nodes: Node[] = []
  let used = 0
  for (let index = 0; index < lower / 2; index++) {
    const offset = bytes.readUInt16LE(pageHeaderSize + index * 2)
    if (offset % 2 !== 0 || offset < upper || offset + nodeHeaderSize > room)
      return 'entry outside of the page'
    const at = pageHeaderSize + offset
    const low = bytes.readUInt32LE(at)
    const flags = bytes.readUInt16LE(at + 4)
    const keySize = bytes.readUInt16LE(at + 6)
    if (isLeaf && flags !== 0 && flags !== bigData && flags !== subData) return 'entry of an unknown kind'
    const dataSize = !isLeaf ? 0 : flags === bigData ? overflowRecordSize : low
    const size = nodeHeaderSize + keySize + dataSize
    if (offset + size > room) return 'entry that reaches beyond the page'
    // The first key of a branch is not used, and often is empty.
    if (keySize > maxKey || (keySize === 0 && (isLeaf || index > 0))) return 'impossible key size'
    used += size + (size % 2)
    const keyAt = at + nodeHeaderSize
    nodes.push({
      flags: isLeaf ? flags : 0,
      key: bytes.subarray(keyAt, keyAt + keySize),
      child: isLeaf ? 0 : flags * 2 ** 32 + low,
      size: low,
      data: bytes.subarray(keyAt + keySize, keyAt + keySize + dataSize),
    })
  }
  // LMDB keeps entries packed, and moves them by their sizes when one is removed.
  return used === room - upper ? nodes : 'entries do not fill the page'
}
