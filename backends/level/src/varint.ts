/** A cursor over LevelDB's little-endian base-128 integers and length-prefixed strings. */
export interface VarintReader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
}

/**
 * Reads one integer, or returns undefined when it is cut off, too large for a safe integer, or not written in
 * its shortest form. LevelDB always writes the shortest form, so a longer one means that a bit was flipped
 * where no checksum covers it (a table's footer).
 */
export function readVarint(reader: VarintReader): number | undefined {
  let value = 0
  for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
    if (reader.at >= reader.end) return undefined
    const byte = reader.bytes[reader.at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return byte === 0 && scale > 1 ? undefined : checked(value)
  }
  return undefined
}

/** Skips a length-prefixed string; false when it is cut off. */
export function skipString(reader: VarintReader): boolean {
  const length = readVarint(reader)
  if (length === undefined || length > reader.end - reader.at) return false
  reader.at += length
  return true
}

function checked(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}
