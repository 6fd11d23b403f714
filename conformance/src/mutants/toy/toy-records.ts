import { crc32 } from 'node:zlib'
import { raise } from '@persistent-log/core'
import type { Effect } from '@persistent-log/core/backend'
import type { ToyDefect } from './toy-defects.js'

/** What one line says. */
export interface ToyLine {
  readonly effects: readonly Effect[]
  /** So many lines of the file were flushed before this one was written: the proof that a bad one before it has rotted. */
  readonly flushed: number
  /** The log was closed, and this is its end. */
  readonly closed?: boolean
  /** The slots that the line before is about: where that one is bad, they are lost. Absent where it is about more. */
  readonly before?: readonly number[] | undefined
  /** Slots that were lost, and that nobody has learned since; they come before the effects. */
  readonly lost?: readonly number[]
  /** Votes were lost before, and nobody has accepted that since. */
  readonly votesLost?: boolean
}

/** The slots that a line is about; `undefined` where it is about more. */
export function slotsOf({
  effects,
  lost = [],
}: Pick<ToyLine, 'effects' | 'lost'>): readonly number[] | undefined {
  const slots = [...lost]
  for (const effect of effects) {
    if (effect.kind !== 'accept' && effect.kind !== 'decide') return undefined
    slots.push(effect.slot)
  }
  return slots
}

/** The first line of a file: what makes its other lines its own. */
export interface ToyHeader {
  readonly logId: string
  /** New with every file: bytes of an older one never pass for its own. */
  readonly salt: string
}

const MARK_LENGTH = 8

/** The checksum of a line begins with the file that it is in, and with its place there. */
function seedOf(header: ToyHeader, number: number, defect: ToyDefect | undefined): number {
  const place = defect === 'checksumWithoutPlace' ? '' : number
  return crc32(`${header.logId} ${header.salt} ${place}`)
}

/**
 * One line of the file, bytes in it in hexadecimal, behind a CRC-32 that begins with the file's header and the number of
 * the line:
 *
 *     8 digits of CRC-32, a space, JSON, a line feed
 */
export function encodeLine(
  line: ToyLine,
  number: number,
  header: ToyHeader,
  defect: ToyDefect | undefined,
): Buffer {
  const json = JSON.stringify(line, (_, value: unknown) =>
    value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value,
  )
  return withChecksum(json, seedOf(header, number, defect))
}

/** The first line carries a checksum of itself alone. */
export const encodeHeader = (header: ToyHeader): Buffer => withChecksum(JSON.stringify(header), 0)

function withChecksum(json: string, seed: number): Buffer {
  return Buffer.from(`${crc32(json, seed).toString(16).padStart(MARK_LENGTH, '0')} ${json}\n`)
}

/** The JSON of a line; `undefined` when it is not what was written. */
function jsonOf(line: Buffer, seed: number, defect: ToyDefect | undefined): unknown {
  const json = line.subarray(MARK_LENGTH + 1)
  const mark = line.toString('latin1', 0, MARK_LENGTH)
  const isRight =
    mark === crc32(json, seed).toString(16).padStart(MARK_LENGTH, '0') && line[MARK_LENGTH] === 0x20
  if (!isRight && defect !== 'noChecksum') return undefined
  try {
    return JSON.parse(json.toString('utf8'), (_, value: unknown) => {
      const isBytes =
        typeof value === 'object' && value !== null && 'hex' in value && typeof value.hex === 'string'
      return isBytes ? new Uint8Array(Buffer.from(value.hex as string, 'hex')) : value
    })
  } catch {
    return undefined
  }
}

function* linesIn(bytes: Buffer): Generator<{ readonly line: Buffer; readonly end: number }> {
  for (let from = 0, end = bytes.indexOf(0x0a); end >= 0; from = end + 1, end = bytes.indexOf(0x0a, from)) {
    yield { line: bytes.subarray(from, end), end: end + 1 }
  }
}

/** What is in a file. */
export interface FoundFile {
  readonly header: ToyHeader
  readonly lines: readonly ToyLine[]
  /** In bytes: behind them comes what was cut. */
  readonly goodBytes: number
  readonly tornBytes: number
}

/** What is known about a file before it is read. */
export interface ToyExpectation {
  readonly file: string
  readonly logId: string
  readonly cleanClose: boolean
  /** Opened over damage as well, where it can be told what is lost. */
  readonly salvages: boolean
  readonly defect: ToyDefect | undefined
}

/**
 * Reads a file. Lines that nothing proves to have been flushed may be torn, and are cut with all that follows; a bad line
 * before such a proof, or in a log that was closed, is damage.
 */
export function decodeFile(bytes: Buffer, expectation: ToyExpectation): FoundFile {
  const { file, logId, cleanClose, salvages, defect } = expectation
  const [first, ...rest] = [...linesIn(bytes)]
  const header = first && (jsonOf(first.line, 0, defect) as ToyHeader | undefined)
  if (first === undefined || header === undefined) throw raise.corrupted(`${file} has no header`, { file })
  if (header.logId !== logId && defect !== 'foreignFileTaken') {
    throw raise.corrupted(`${file} belongs to another log`, { file })
  }
  const read = (line: Buffer, number: number): ToyLine | undefined =>
    jsonOf(line, seedOf(header, number, defect), defect) as ToyLine | undefined
  const lostWith = (number: number): readonly number[] | undefined => {
    const next = rest[number + 1]
    return next && read(next.line, number + 1)?.before
  }
  const lines: ToyLine[] = []
  let goodBytes = first.end
  for (const [number, { line, end }] of rest.entries()) {
    const content = read(line, number)
    const lost = content === undefined && salvages ? lostWith(number) : undefined
    if (content === undefined && lost === undefined) break
    lines.push(content ?? { effects: [], flushed: 0, lost: defect === 'salvageShowsOlder' ? [] : lost! })
    goodBytes = end
    if (lost !== undefined && defect === 'salvageDropsRest') break
  }
  const isWhole =
    (lines.at(-1)?.closed === true || defect === 'endNotProven') && goodBytes === bytes.byteLength
  const proof = defect === 'cutAtFirstBad' ? 0 : provenLines(rest.slice(lines.length), lines, read)
  const isBad = proof > lines.length || (cleanClose && !isWhole && defect !== 'cutAtFirstBad')
  if (isBad && !(salvages && defect === 'salvageDropsRest')) {
    throw raise.corrupted(`line ${lines.length} of ${file} is not what was written`, { file })
  }
  return { header, lines, goodBytes, tornBytes: bytes.byteLength - goodBytes }
}

/** How many lines were flushed for certain, as the good ones behind a bad one tell. */
function provenLines(
  behind: readonly { readonly line: Buffer }[],
  good: readonly ToyLine[],
  read: (line: Buffer, number: number) => ToyLine | undefined,
): number {
  const proofs = behind.flatMap(({ line }) => {
    // A bad line may have lost its end, or have got another one: the number is not certain.
    for (let number = good.length; number <= good.length + behind.length + 1; number++) {
      const content = read(line, number)
      if (content !== undefined) return [content.flushed]
    }
    return []
  })
  return Math.max(0, ...good.map(({ flushed }) => flushed), ...proofs)
}
