/** Of different lengths, and recognised wherever it turns up. */
export function valueOf(slot: number): Buffer {
  return Buffer.from(`slot ${slot} `.padEnd(20 + ((slot * 37) % 300), String(slot % 10)))
}
