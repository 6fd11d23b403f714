/**
 * Tables for CRC-32 (IEEE 802.3) by slicing (Kounavis and Berry, "A Systematic Approach to Building High Performance CRC
 * Generators", 2005): what each byte contributes when so many bytes follow it, 256 words for none, 256 for one, and so on.
 * Whoever sums keeps the result in a constant of its own module: V8 leaves out the checks of its bounds there.
 */
export function crcSlices(count: number): Int32Array {
  const table = new Int32Array(count * 256)
  for (let byte = 0; byte < 256; byte++) {
    let word = byte
    for (let bit = 0; bit < 8; bit++) word = (word & 1) === 0 ? word >>> 1 : (word >>> 1) ^ 0xedb88320
    table[byte] = word
  }
  for (let slice = 1; slice < count; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = table[(slice - 1) * 256 + byte]!
      table[slice * 256 + byte] = (before >>> 8) ^ table[before & 0xff]!
    }
  }
  return table
}
