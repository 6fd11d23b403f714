import { raise } from '../../../errors/raise.js'

/** What the list of a checkpoint's parts says of each. */
export interface DescriptorLine {
  readonly name: string | undefined
  readonly digest: string
  readonly bytes: number
  /** The blob of the content. */
  readonly blob: string
}

const FORMAT = 1
const HEADER_BYTES = 5
const DIGEST_BYTES = 32
const FIXED_BYTES = 2 + DIGEST_BYTES + 8 + 1

/**
 * The list of a checkpoint's parts, which is the content of its blob; integers are big-endian:
 *
 * ```
 * 0  format u8 1   1 count u32                                                         then each line:
 * 0  name u16 length, UTF-8; 0 for none    n  SHA-256, 32 bytes    n+32 bytes u64    n+40 blob u8 length, Latin-1
 * ```
 *
 * The blob has checksums of the engine's; names, digests and lengths are covered by the digest of the checkpoint, and a
 * wrong blob by the digest of the part.
 */
export function encodeDescriptor(lines: readonly DescriptorLine[]): Uint8Array {
  const size = lines.reduce(
    (sum, { name = '', blob }) => sum + FIXED_BYTES + Buffer.byteLength(name) + blob.length,
    HEADER_BYTES,
  )
  const target = Buffer.alloc(size)
  target.writeUInt8(FORMAT, 0)
  let at = target.writeUInt32BE(lines.length, 1)
  for (const { name = '', digest, bytes, blob } of lines) {
    const nameBytes = target.write(name, at + 2)
    at = target.writeUInt16BE(nameBytes, at) + nameBytes
    at += target.write(digest, at, 'hex')
    at = target.writeBigUInt64BE(BigInt(bytes), at)
    at = target.writeUInt8(blob.length, at)
    at += target.write(blob, at, 'latin1')
  }
  return target
}

/** Reads a list; `PLOG_CORRUPTED` where it is none. */
export function decodeDescriptor(bytes: Uint8Array): DescriptorLine[] {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    const format = source.readUInt8(0)
    if (format !== FORMAT) throw raise.unknownFormat('the list of the parts of a checkpoint', format, FORMAT)
    const count = source.readUInt32BE(1)
    const lines: DescriptorLine[] = []
    let at = HEADER_BYTES
    const text = (length: number, encoding: BufferEncoding): string => {
      if (at + length > source.length) throw new RangeError('a line is cut')
      return source.toString(encoding, at, (at += length))
    }
    for (let line = 0; line < count; line++) {
      const nameBytes = source.readUInt16BE(at)
      at += 2
      const name = nameBytes === 0 ? undefined : text(nameBytes, 'utf8')
      const digest = text(DIGEST_BYTES, 'hex')
      const partBytes = Number(source.readBigUInt64BE(at))
      at += 8
      const blobBytes = source.readUInt8(at)
      at += 1
      lines.push({ name, digest, bytes: partBytes, blob: text(blobBytes, 'latin1') })
    }
    return lines
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw raise.corrupted('the list of the parts of a checkpoint is cut', {}, { cause })
  }
}
