import { crc32c, unmaskCrc } from './crc32c.js'
import type { Flaw } from './finding.js'
import { snappyDecompress } from './snappy.js'
import { readVarint, type VarintReader } from './varint.js'

const footerSize = 48
const handlesSize = 40
const trailerSize = 5
const magicLow = 0x8b80fb57
const magicHigh = 0xdb477524

/** Where a block stands; its trailer, a compression type and a checksum, follows it. */
interface Block {
  readonly offset: number
  readonly size: number
}

/**
 * Checks one table file. Every byte is looked at: a table is nothing but blocks behind each other and a footer, so
 * the blocks must fill the file without a gap, each with its checksum right, and the footer's filling must be zero.
 */
export function checkTable(bytes: Buffer): Flaw[] {
  if (bytes.length < footerSize) return [{ offset: 0, reason: 'too short to be a table' }]
  const footer = bytes.length - footerSize
  if (
    bytes.readUInt32LE(footer + handlesSize) !== magicLow ||
    bytes.readUInt32LE(footer + handlesSize + 4) !== magicHigh
  ) {
    return [{ offset: footer + handlesSize, reason: 'wrong magic number' }]
  }
  const reader: VarintReader = { bytes, at: footer, end: footer + handlesSize }
  const metaindex = readHandle(reader)
  const index = readHandle(reader)
  if (!metaindex || !index) return [{ offset: footer, reason: 'unreadable footer' }]
  for (let at = reader.at; at < footer + handlesSize; at++) {
    if (bytes[at] !== 0) return [{ offset: at, reason: 'the filling of the footer is not zero' }]
  }

  const flaws: Flaw[] = []
  const blocks = [metaindex, index]
  for (const parent of [index, metaindex]) {
    const content = readBlock(bytes, parent, footer)
    if ('reason' in content) {
      // Without the index nothing says where the other blocks are, so there is no more to check.
      return [content]
    }
    const children = readIndex(content.bytes)
    if (!children) return [{ offset: parent.offset, reason: 'unreadable index block' }]
    for (const child of children) {
      const flaw = checkBlock(bytes, child, footer)
      if (flaw) flaws.push(flaw)
      blocks.push(child)
    }
  }
  return flaws.length > 0 ? flaws : checkTiling(blocks, footer)
}

function checkTiling(blocks: Block[], footer: number): Flaw[] {
  let at = 0
  for (const block of blocks.sort((a, b) => a.offset - b.offset)) {
    if (block.offset !== at) return [{ offset: at, reason: 'bytes that belong to no block, or to two' }]
    at += block.size + trailerSize
  }
  return at === footer ? [] : [{ offset: at, reason: 'bytes that belong to no block' }]
}

function checkBlock(bytes: Buffer, block: Block, end: number): Flaw | undefined {
  const { offset, size } = block
  if (offset + size + trailerSize > end) return { offset, reason: 'block beyond the end of the table' }
  const stored = unmaskCrc(bytes.readUInt32LE(offset + size + 1))
  // The checksum covers the compressed bytes and the type, so that data blocks need no decompression.
  if (crc32c(bytes, offset, offset + size + 1) !== stored)
    return { offset, reason: 'block checksum mismatch' }
  if (bytes[offset + size]! > 1) return { offset, reason: 'unknown block compression' }
  return undefined
}

function readBlock(bytes: Buffer, block: Block, end: number): Flaw | { readonly bytes: Uint8Array } {
  const flaw = checkBlock(bytes, block, end)
  if (flaw) return flaw
  const raw = bytes.subarray(block.offset, block.offset + block.size)
  if (bytes[block.offset + block.size] === 0) return { bytes: raw }
  const content = snappyDecompress(raw)
  return content ? { bytes: content } : { offset: block.offset, reason: 'block cannot be decompressed' }
}

/** The block handles an index or metaindex block holds; its keys do not matter here. */
function readIndex(block: Uint8Array): Block[] | undefined {
  if (block.length < 4) return undefined
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  const end = block.length - 4 - 4 * view.getUint32(block.length - 4, true)
  if (end < 0) return undefined
  const reader: VarintReader = { bytes: block, at: 0, end }
  const handles: Block[] = []
  while (reader.at < end) {
    const shared = readVarint(reader)
    const own = readVarint(reader)
    const size = readVarint(reader)
    if (shared === undefined || own === undefined || size === undefined) return undefined
    const value = reader.at + own
    if (value + size > end) return undefined
    const handle = readHandle({ bytes: block, at: value, end: value + size })
    if (!handle) return undefined
    handles.push(handle)
    reader.at = value + size
  }
  return handles
}

function readHandle(reader: VarintReader): Block | undefined {
  const offset = readVarint(reader)
  const size = readVarint(reader)
  return offset === undefined || size === undefined ? undefined : { offset, size }
}
