import type { StoredEntry } from '@persistent-log/core/backend'
import { segmentFileIn } from '../compression/compressed-file.js'
import { isDecided, isInRegion, NOWHERE, placeOf, type Address } from '../regions/address.js'
import { REGION_NAME } from '../ring/ring-layout.js'
import { footerEnd, readFooterHead } from '../sealing/footer.js'
import { SealedIndex } from '../sealing/sealed-index.js'
import { Segment, segmentName, segmentNumber } from '../segments/segment.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import { AttachedRegion } from './attached-region.js'

/** What is opened is closed in the background; an error of that concerns nobody. */
const letGo = (file: { close(): Promise<void> }): void => void file.close().catch(() => undefined)

/**
 * The files of a log whose owner is another thread, opened and mapped once more here. New ones are noticed when an address
 * leads to them; retired ones are let go when the owner says so, and are not touched after that.
 */
export class AttachedSegments {
  readonly #files: SegmentFiles
  readonly #logId: Buffer
  /** Ascending. */
  #segments: Segment[] = []
  /** Newest first. */
  #sealed: SealedIndex[] = []
  #sealedTo = 0
  #first = 0
  #region: AttachedRegion | undefined
  #hasFooters = true

  constructor(files: SegmentFiles, logId: Uint8Array) {
    this.#files = files
    this.#logId = Buffer.from(logId)
  }

  /** False when a footer cannot be read here, or only in part: what it says, the owner knows. */
  get isComplete(): boolean {
    return this.#hasFooters && this.#sealed.every(({ isWhole }) => isWhole)
  }

  /** Segments below this number are retired: their files may become other ones. */
  retireBefore(number: number): void {
    if (number === this.#first) return
    this.#first = number
    for (const { header, file } of this.#segments) if (header.number < number) letGo(file)
    this.#segments = this.#segments.filter(({ header }) => header.number >= number)
    this.#sealed = this.#sealed.filter(({ segment }) => segment.header.number >= number)
  }

  /** Segments up to this number have their index in their footer. */
  sealTo(number: number): void {
    if (number === this.#sealedTo) return
    this.#list()
    for (const segment of this.#segments) {
      const own = segment.header.number
      if (own > this.#sealedTo && own <= number) this.#takeFooter(segment)
    }
    this.#sealedTo = number
  }

  /** What the sealed segments say of a slot. */
  sealedAddress(slot: number): Address {
    for (const index of this.#sealed) {
      const address = index.get(slot)
      if (address !== NOWHERE) return isDecided(address) ? address : NOWHERE
    }
    return NOWHERE
  }

  /** The first decided slot of `from <= slot < to` that a sealed segment names. */
  firstSealedFrom(from: number, to: number): number | undefined {
    let first: number | undefined
    for (const index of this.#sealed) {
      for (const [slot, address] of index.entries(from, first ?? to)) {
        if (!isDecided(address)) continue
        first = slot
        break
      }
    }
    return first
  }

  /** The entry of a slot at an address, as views that live as long as the segment, or copies; `undefined`: not there. */
  entry(address: Address, slot: number): StoredEntry | undefined {
    const place = placeOf(address)
    if (isInRegion(address)) return this.#openRegion()?.entry(place, slot)
    return this.#tailEntry(place, slot) ?? (this.#list() ? this.#tailEntry(place, slot) : undefined)
  }

  close(): void {
    this.retireBefore(Infinity)
    if (this.#region) letGo(this.#region)
    this.#region = undefined
  }

  #tailEntry(place: number, slot: number): StoredEntry | undefined {
    const segment = this.#segments.findLast(({ header }) => header.base <= place)
    if (!segment) return undefined
    const offset = place - segment.header.base
    const entry = segment.entry(offset, slot)
    if (entry) return entry
    // It may have grown since it was looked at.
    segment.file.measure()
    return segment.entry(offset, slot)
  }

  #openRegion(): AttachedRegion | undefined {
    if (this.#region) return this.#region
    const file = this.#files.openNow(REGION_NAME)
    this.#region = AttachedRegion.over(file)
    if (!this.#region) letGo(file)
    return this.#region
  }

  /** Opens segments that are new; true when there are some. */
  #list(): boolean {
    const known = new Set(this.#segments.map(({ header }) => header.number))
    const numbers = this.#files.listNow().flatMap((name) => segmentNumber(name) ?? [])
    const opened = numbers
      .filter((number) => number >= this.#first && !known.has(number))
      .flatMap((number) => this.#open(number) ?? [])
    this.#segments.push(...opened)
    this.#segments.sort((a, b) => a.header.number - b.header.number)
    return opened.length > 0
  }

  /** `undefined` where it is gone by now, or was another's: what is live is elsewhere then. */
  #open(number: number): Segment | undefined {
    try {
      const name = segmentName(number)
      const file = segmentFileIn(this.#files.openNow(name), name)
      const head = decodeSegmentHeader(file.read(0, Math.min(SEGMENT_HEADER_BYTES, file.size)), this.#logId)
      if ('header' in head && head.header?.number === number) return new Segment(head.header, file, file.size)
      letGo(file)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
    return undefined
  }

  #takeFooter(segment: Segment): void {
    segment.file.measure()
    const end = footerEnd(segment)
    const head = end === undefined ? undefined : readFooterHead(segment, end)
    if (!head) {
      this.#hasFooters = false
      return
    }
    segment.end = head.end
    this.#sealed.unshift(new SealedIndex(segment, head, 'stored'))
  }
}
