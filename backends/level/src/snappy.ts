import { readVarint, type VarintReader } from './varint.js'

/**
 * Decompresses one raw Snappy block (no framing), or returns undefined when it is not a valid one. Only a table's
 * index and metaindex pass through here, behind a checksum, so it is written for clarity rather than for speed.
 */
export function snappyDecompress(input: Uint8Array, limit = 1 << 28): Uint8Array | undefined {
  const reader: VarintReader = { bytes: input, at: 0, end: input.length }
  const length = readVarint(reader)
  if (length === undefined || length > limit) return undefined
  const output = new Uint8Array(length)
  let at = reader.at
  let out = 0
  while (at < input.length) {
    const tag = input[at++]!
    const kind = tag & 3
    if (kind === 0) {
      let size = tag >>> 2
      if (size >= 60) {
        // The upper values say how many bytes, 1 to 4, hold the length.
        const width = size - 59
        if (at + width > input.length) return undefined
        size = littleEndian(input, at, width)
        at += width
      }
      size++
      if (size > input.length - at || size > length - out) return undefined
      output.set(input.subarray(at, at + size), out)
      at += size
      out += size
      continue
    }
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (at + width > input.length) return undefined
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    const distance = littleEndian(input, at, width) + (kind === 1 ? (tag >>> 5) * 256 : 0)
    at += width
    if (distance === 0 || distance > out || size > length - out) return undefined
    // Byte by byte: a copy may overlap its own output, which is how runs are encoded.
    for (let index = 0; index < size; index++, out++) output[out] = output[out - distance]!
  }
  return out === length ? output : undefined
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let index = width - 1; index >= 0; index--) value = value * 256 + bytes[at + index]!
  return value
}
