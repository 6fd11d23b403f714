import { crc32 } from 'node:zlib'
import { raise } from '@persistent-log/core'
import type { Effect } from '@persistent-log/core/backend'

/**
 * One line of the file: the effects of one write, in hexadecimal where they are bytes, behind a CRC-32 of the rest.
 *
 *     8 digits of CRC-32, a space, JSON, a line feed
 */
export function encodeLine(effects: readonly Effect[]): string {
  const json = JSON.stringify(effects, (_, value: unknown) =>
    value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value,
  )
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

const decodeLine = (line: string): Effect[] | undefined => {
  const json = line.slice(9)
  if (line.slice(0, 8) !== crc32(json).toString(16).padStart(8, '0')) return undefined
  return JSON.parse(json, (_, value: unknown) => {
    const isBytes =
      typeof value === 'object' && value !== null && 'hex' in value && typeof value.hex === 'string'
    return isBytes ? new Uint8Array(Buffer.from(value.hex as string, 'hex')) : value
  }) as Effect[]
}

/** The writes in a file. What follows the last whole line was never acknowledged; a bad line before it is damage. */
export function decodeLines(text: string, file: string): { writes: Effect[][]; tornBytes: number } {
  const end = text.lastIndexOf('\n') + 1
  const writes: Effect[][] = []
  for (const line of text.slice(0, end).split('\n').slice(0, -1)) {
    const effects = decodeLine(line)
    if (effects === undefined) throw raise.corrupted(`${file} holds a line that was not written`, { file })
    writes.push(effects)
  }
  return { writes, tornBytes: Buffer.byteLength(text.slice(end)) }
}
