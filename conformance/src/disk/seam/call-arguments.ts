import { constants } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './interception.js'

/** What a write call writes, and where; no position: where the last one ended. */
export interface WriteOrder {
  readonly bytes: Uint8Array
  readonly position: number | undefined
}

const viewOf = (view: NodeJS.ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

const placeOf = (position: unknown): number | undefined =>
  typeof position === 'number' && position >= 0
    ? position
    : typeof position === 'bigint' && position >= 0n
      ? Number(position)
      : undefined

/** The arguments of `fs.write` behind the descriptor: bytes, offset, length, position, or options, or a text. */
export function writeOrderOf([, content, second, third, fourth]: readonly unknown[]): WriteOrder {
  if (typeof content === 'string') {
    const encoding = (typeof third === 'string' ? third : 'utf8') as BufferEncoding
    return { bytes: Buffer.from(content, encoding), position: placeOf(second) }
  }
  const view = viewOf(content as NodeJS.ArrayBufferView)
  const options = typeof second === 'object' && second !== null ? second : undefined
  const { offset, length, position } = (options ?? { offset: second, length: third, position: fourth }) as {
    offset?: number | null
    length?: number | null
    position?: unknown
  }
  const from = offset ?? 0
  const to = from + (length ?? view.byteLength - from)
  // A copy: the caller may use the buffer again as soon as the call is over.
  return { bytes: Uint8Array.from(view.subarray(from, to)), position: placeOf(position) }
}

/** The arguments of `fs.writev`. */
export function gatheredOrderOf([, buffers, position]: readonly unknown[]): WriteOrder {
  const views = (buffers as NodeJS.ArrayBufferView[]).map(viewOf)
  return { bytes: Uint8Array.from(Buffer.concat(views)), position: placeOf(position) }
}

/** How many bytes a write took; `undefined` when it failed. */
export function bytesTaken(outcome: Outcome): number | undefined {
  if ('error' in outcome) return undefined
  const { value } = outcome
  return typeof value === 'number' ? value : (value as { bytesWritten: number }).bytesWritten
}

/** The descriptor that `open` returned, as a number or in a handle. */
export function descriptorOf(value: unknown): number {
  return typeof value === 'number' ? value : (value as { fd: number }).fd
}

/** A path argument as text. */
export function pathOf(path: unknown): string {
  if (path instanceof URL) return fileURLToPath(path)
  return String(path)
}

/** What the flags of `open` ask for, as far as it matters for what is stored. */
export interface OpenMode {
  readonly truncates: boolean
  readonly appends: boolean
  /** Needed for a memory map that is stored into. */
  readonly readsAndWrites: boolean
  readonly writesThrough: boolean
}

/** Reads flags in either form. */
export function openModeOf(flags: unknown): OpenMode {
  if (typeof flags === 'number') {
    return {
      truncates: (flags & constants.O_TRUNC) !== 0,
      appends: (flags & constants.O_APPEND) !== 0,
      readsAndWrites: (flags & constants.O_RDWR) !== 0,
      writesThrough: (flags & (constants.O_DSYNC | constants.O_SYNC)) !== 0,
    }
  }
  const text = typeof flags === 'string' ? flags : 'r'
  return {
    truncates: text.includes('w'),
    appends: text.includes('a'),
    readsAndWrites: text.includes('+'),
    writesThrough: text.includes('s'),
  }
}
