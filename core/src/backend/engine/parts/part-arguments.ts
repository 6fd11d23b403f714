import { createHash } from 'node:crypto'
import { PART_LIMITS, type PartSource, type PartSources } from '../../../contract/divisible-checkpoints.js'
import { raise } from '../../../errors/raise.js'
import * as check from '../../arguments.js'
import { copyBytes } from '../../bytes.js'

/** A part as it was given, checked; its content is a copy. */
export interface GivenPart {
  /** Where it stands in the arguments. */
  readonly field: string
  readonly name: string | undefined
  readonly digest: string
  readonly bytes: number | undefined
  readonly content: Uint8Array | undefined
}

/** The shape of a part, and what it may be at most. */
export function checkPart(source: unknown, field: string): asserts source is PartSource {
  check.checkObject(source, field)
  const { name, content, digest, bytes } = source as PartSource
  if (name !== undefined) check.checkName(name, `${field}.name`)
  if (bytes !== undefined) check.checkInteger(bytes, `${field}.bytes`, 0, PART_LIMITS.partBytes)
  if (digest !== undefined || content === undefined) check.checkDigest(digest, `${field}.digest`)
  if (content === undefined) return
  check.checkBytes(content, `${field}.content`)
  if (content.byteLength > PART_LIMITS.partBytes) {
    throw raise.tooLarge(`${field}.content bytes`, content.byteLength, PART_LIMITS.partBytes)
  }
}

/** A line of a descriptor. */
export function checkPartInfo(value: unknown, field: string): void {
  checkPart(value, field)
  check.checkDigest(value.digest, `${field}.digest`)
  check.checkInteger(value.bytes, `${field}.bytes`, 0, PART_LIMITS.partBytes)
}

/** Checks the parts of one state as they come: none too many, and no name twice. */
export class PartChecks {
  readonly #named = new Map<string, string>()
  #count = 0

  /** Where the part stands in the arguments. */
  next(source: PartSource): string {
    const field = `parts[${this.#count++}]`
    if (this.#count > PART_LIMITS.parts) throw raise.tooLarge('parts', this.#count, PART_LIMITS.parts)
    checkPart(source, field)
    const { name } = source
    if (name === undefined) return field
    const before = this.#named.get(name)
    if (before !== undefined) {
      throw new TypeError(
        `${field}.name is ${JSON.stringify(name)}, as is ${before}.name; a state names a part once`,
      )
    }
    this.#named.set(name, field)
    return field
  }
}

/** The parts as they are read later. Those of a plain iterable are copied now, since their owner may change them. */
export function sourcesOf(parts: PartSources): PartSources {
  check.checkParts(parts, 'parts')
  if (Symbol.asyncIterator in parts) return parts
  const checks = new PartChecks()
  return Array.from(parts, (part) => {
    checks.next(part)
    // Each field for itself: it may be a getter of the part's class.
    const { name, content, digest, bytes } = part
    return { name, content: content && copyBytes(content), digest, bytes }
  })
}

/** A checked part with its digest; its content is held against what is said about it. */
export function givenPart({ name, content, digest, bytes }: PartSource, field: string): GivenPart {
  if (content === undefined) return { field, name, digest: digest!, bytes, content }
  const copy = copyBytes(content)
  const found = createHash('sha256').update(copy).digest('hex')
  if (digest !== undefined && digest !== found) {
    throw raise.digestMismatch(`${field}.content has digest ${found}, not ${digest}`, {
      field: `${field}.content`,
      value: digest,
    })
  }
  if (bytes !== undefined && bytes !== copy.byteLength) {
    throw raise.digestMismatch(`${field}.content has ${copy.byteLength} bytes, not ${bytes}`, {
      field: `${field}.content`,
      value: bytes,
    })
  }
  return { field, name, digest: found, bytes, content: copy }
}
