const SLICES = 16
const TABLE = buildTable()

function buildTable(): Uint32Array {
  const table = new Uint32Array(SLICES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let word = byte
    for (let bit = 0; bit < 8; bit++) word = (word & 1) === 0 ? word >>> 1 : (word >>> 1) ^ 0xedb88320
    table[byte] = word
  }
  for (let slice = 1; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = table[(slice - 1) * 256 + byte]!
      table[slice * 256 + byte] = (before >>> 8) ^ table[before & 0xff]!
    }
  }
  return table
}

/** CRC-32 (IEEE 802.3) of whole 32-bit words of a little-endian machine, slicing by 16. */
export function crc32OfWords(words: Int32Array): number {
  const t = TABLE
  let crc = -1
  let at = 0
  for (; at + 4 <= words.length; at += 4) {
    const a = crc ^ words[at]!
    const b = words[at + 1]!
    const c = words[at + 2]!
    const d = words[at + 3]!
    crc =
      t[3840 + (a & 255)]! ^
      t[3584 + ((a >>> 8) & 255)]! ^
      t[3328 + ((a >>> 16) & 255)]! ^
      t[3072 + (a >>> 24)]! ^
      t[2816 + (b & 255)]! ^
      t[2560 + ((b >>> 8) & 255)]! ^
      t[2304 + ((b >>> 16) & 255)]! ^
      t[2048 + (b >>> 24)]! ^
      t[1792 + (c & 255)]! ^
      t[1536 + ((c >>> 8) & 255)]! ^
      t[1280 + ((c >>> 16) & 255)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + (d & 255)]! ^
      t[512 + ((d >>> 8) & 255)]! ^
      t[256 + ((d >>> 16) & 255)]! ^
      t[d >>> 24]!
  }
  for (; at < words.length; at++) {
    const word = crc ^ words[at]!
    crc =
      t[768 + (word & 255)]! ^
      t[512 + ((word >>> 8) & 255)]! ^
      t[256 + ((word >>> 16) & 255)]! ^
      t[word >>> 24]!
  }
  return ~crc >>> 0
}
