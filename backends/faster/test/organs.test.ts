import { crc32 } from 'node:zlib'
import { expect } from 'chai'
import { checksum, maskAt, seedAt, wordChecksum } from '../src/checksum.js'
import { readU64, writeU64 } from '../src/integers.js'
import { isDecided, isInRegion, placeOf, regionAddress, tailAddress } from '../src/regions/address.js'
import { SlotIndex } from '../src/regions/slot-index.js'
import {
  decodeRecord,
  encodeRecord,
  isContentIntact,
  isRecordHeader,
  markWord,
  RECORD,
  restampRecord,
} from '../src/segments/record.js'
import { headerChecksum } from '../src/segments/header-checksum.js'
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
} from '../src/segments/segment-header.js'
import { wordMemory } from '../src/word-memory.js'

describe('faster: organs', () => {
  it('computes the same CRC-32 as zlib, at every length and from every seed', () => {
    const bytes = Buffer.allocUnsafeSlow(600).map((_, at) => (at * 131) & 0xff) as Buffer
    const { words } = wordMemory(bytes)
    for (let length = 0; length <= 600; length++) {
      expect(checksum(bytes, 0, length, 0)).equal(crc32(bytes.subarray(0, length)))
      expect(checksum(bytes, 0, length, 0xdeadbeef)).equal(crc32(bytes.subarray(0, length), 0xdeadbeef))
      expect(wordChecksum(bytes, words, 0, length, 7)).equal(crc32(bytes.subarray(0, length), 7))
      const from = length & ~3
      expect(wordChecksum(bytes, words, from, 600, 0)).equal(crc32(bytes.subarray(from)))
    }
    expect(seedAt(1, 8)).not.equal(seedAt(1, 8 + 2 ** 32))
  })

  it('sums a header word by word to its CRC-32, whatever the words before were', () => {
    const bytes = Buffer.alloc(64)
    const { words } = wordMemory(bytes)
    const check = (): void => {
      expect(headerChecksum(words, 2)).equal(crc32(bytes.subarray(8, 56)))
    }
    check()
    for (let word = 2; word < 14; word++) {
      for (const value of [1, -1, 0x1234567, 0]) {
        words[word] = value
        check()
      }
      words[word] = Math.imul(word, 0x9e3779b1)
      check()
    }
  })

  it('stores every safe integer', () => {
    const bytes = Buffer.alloc(8)
    for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      writeU64(bytes, 0, value)
      expect(readU64(bytes, 0)).equal(value)
      expect(bytes.readBigUInt64LE(0)).equal(BigInt(value))
    }
  })

  it('says by an address where a slot is and what it is', () => {
    for (const place of [64, 4096, 2 ** 48]) {
      expect([isDecided, isInRegion, placeOf].map((ask) => ask(tailAddress(place, true)))).deep.equal([
        true,
        false,
        place,
      ])
      expect([isDecided, isInRegion, placeOf].map((ask) => ask(tailAddress(place, false)))).deep.equal([
        false,
        false,
        place,
      ])
      for (const decided of [false, true]) {
        const address = regionAddress(place, decided)
        expect([isDecided, isInRegion, placeOf].map((ask) => ask(address))).deep.equal([decided, true, place])
      }
    }
  })

  it('finds slots that are far apart without a giant array, and forgets them', () => {
    const index = new SlotIndex()
    const slots = [0, 511, 512, 2 ** 40, 2 ** 53 - 2]
    for (const [at, slot] of slots.entries()) expect(index.set(slot, (at + 1) * 8)).equal(0)
    expect(slots.map((slot) => index.get(slot))).deep.equal([8, 16, 24, 32, 40])
    expect([...index.entries(1, 2 ** 40)].map(([slot]) => slot)).deep.equal([511, 512])
    for (const slot of slots) index.set(slot, 0)
    expect(index.count).equal(0)
    expect(index.get(512)).equal(0)
  })

  it('takes runs of slots as it takes slots one by one, counts by place, and drops whole pages', () => {
    const one = new SlotIndex()
    const run = new SlotIndex()
    for (const index of [one, run]) for (const slot of [3, 600, 1030]) index.set(slot, 8)
    for (const [from, count] of [
      [0, 5],
      [510, 1],
      [508, 1600],
      [5000, 4],
      [2 ** 40 - 3, 20],
    ] as const) {
      const addresses = Float64Array.from({ length: count }, (_, at) => tailAddress(4096 + 8 * at, true))
      for (let at = 0; at < count; at++) one.set(from + at, addresses[at]!)
      run.setRun(from, addresses, count)
    }
    const all = (index: SlotIndex) => [...index.entries(0, 2 ** 53 - 1)]
    expect(all(run)).deep.equal(all(one))
    expect(run.count).equal(all(run).length)
    run.set(700, regionAddress(4096, false))
    const isCounted = ([slot, address]: readonly [number, number]) =>
      slot >= 700 && !isInRegion(address) && placeOf(address) >= 4200 && placeOf(address) < 9000
    const placed = [...run.placedIn(700, 4200, 9000)].flat()
    expect(placed.sort((a, b) => a - b)).deep.equal(
      all(run)
        .filter(isCounted)
        .map(([slot]) => slot),
    )
    expect(placed.length).to.be.above(100)
    const kept = all(run).filter(([slot]) => slot >= 1300)
    run.dropBelow(1300)
    expect(all(run)).deep.equal(kept)
    expect(run.count).equal(kept.length)
  })

  it('notices every flipped bit of a record, and a record that is at another place', () => {
    const memory = wordMemory(Buffer.alloc(256))
    const target = memory.bytes
    const fields = {
      kind: RECORD.accept,
      a: 5,
      b: 7,
      c: 9,
      value: Buffer.from('a value'),
      proof: Buffer.from('proof'),
    }
    const sum = encodeRecord(memory, 0, 4096, 42, fields)
    const isIntact = (position: number, seed: number): boolean =>
      isRecordHeader(target, 0, 256, position, seed) && isContentIntact(target, 0)
    expect(isIntact(4096, 42)).equal(true)
    expect(isIntact(4104, 42)).equal(false)
    expect(isIntact(4096, 43)).equal(false)
    const { kind, a, b, c, value, proof, checksum: read } = decodeRecord(target, 0, maskAt(42, 4096))
    expect({ kind, a, b, c, value, proof }).deep.equal(fields)
    expect(read).equal(sum)
    const content = 56 + 7 + 5
    for (let bit = 0; bit < content * 8; bit++) {
      target[bit >> 3] = (target[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(isIntact(4096, 42), `bit ${bit}`).equal(false)
      target[bit >> 3] = (target[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
  })

  it('moves a record to another place without a checksum anew, and makes a decision of it', () => {
    for (const isDecidedByNow of [false, true]) {
      const memory = wordMemory(Buffer.alloc(256))
      const fields = {
        kind: RECORD.accept,
        a: 2 ** 53 - 2,
        b: 2 ** 40,
        c: 1,
        link: 8,
        value: Buffer.alloc(60, 7),
      }
      const sum = encodeRecord(memory, 0, 64, 1, fields)
      memory.words[13] = markWord(sum)
      restampRecord(memory.words, 0, maskAt(1, 64) ^ maskAt(2, 8192), isDecidedByNow)
      expect(isRecordHeader(memory.bytes, 0, 256, 8192, 2)).equal(true)
      const moved = decodeRecord(memory.bytes, 0, maskAt(2, 8192))
      const kind = isDecidedByNow ? RECORD.decide : RECORD.accept
      expect(moved).deep.include({ kind, a: fields.a, b: fields.b, value: fields.value, link: 8 })
      const anew = wordMemory(Buffer.alloc(256))
      expect(moved.checksum).equal(encodeRecord(anew, 0, 0, 0, { ...fields, kind }))
    }
  })

  it('marks by a word that is more than one flipped bit away from none', () => {
    for (let sum = 1; sum !== 0; sum = (sum << 1) >>> 0) {
      const word = markWord(sum)
      expect(word & (word - 1), `of ${sum}`).not.equal(0)
    }
  })

  it('reads a segment header from either copy, of its own log only, and tells a newer version', () => {
    const logId = Buffer.alloc(16, 1)
    const salt = Buffer.alloc(16, 2)
    const place = { number: 3, base: 4096, previousEnd: 2048, firstSequence: 9 }
    const header = { ...place, salt, isRecycled: true }
    const bytes = encodeSegmentHeader(header, logId)
    expect(bytes.byteLength).equal(SEGMENT_HEADER_BYTES)
    expect(decodeSegmentHeader(bytes, logId)).deep.equal({ header, damagedAt: undefined })
    expect(decodeSegmentHeader(bytes, Buffer.alloc(16, 3))).deep.equal({ header: undefined, damagedAt: 0 })
    bytes[130] = (bytes[130] ?? 0) ^ 1
    expect(decodeSegmentHeader(bytes, logId)).deep.equal({ header, damagedAt: 128 })
    const newer = encodeSegmentHeader(header, logId)
    newer.writeUInt32LE(3, 8)
    newer.writeUInt32LE(checksum(newer, 0, 124, 0), 124)
    expect(decodeSegmentHeader(newer, logId)).deep.equal({ newerVersion: 3 })
  })
})
