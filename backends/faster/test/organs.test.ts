import { crc32 } from 'node:zlib'
import { expect } from 'chai'
import { checksum, seedAt } from '../src/checksum.js'
import { readU64, writeU64 } from '../src/integers.js'
import { isDecided, isInRegion, placeOf, regionAddress, tailAddress } from '../src/regions/address.js'
import { MutableRegion } from '../src/regions/mutable-region.js'
import { Slab } from '../src/regions/slab.js'
import { SlotIndex } from '../src/regions/slot-index.js'
import {
  decodeRecord,
  encodeRecord,
  isContentIntact,
  isRecordHeader,
  RECORD,
} from '../src/segments/record.js'
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
} from '../src/segments/segment-header.js'
import { MemoryDisk } from './support/memory-disk.js'

describe('faster: organs', () => {
  it('computes the same CRC-32 as zlib, at every length and from every seed', () => {
    const bytes = Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 131) & 0xff))
    for (let length = 0; length <= 600; length++) {
      expect(checksum(bytes, 0, length, 0)).equal(crc32(bytes.subarray(0, length)))
      expect(checksum(bytes, 0, length, 0xdeadbeef)).equal(crc32(bytes.subarray(0, length), 0xdeadbeef))
    }
    expect(seedAt(1, 8)).not.equal(seedAt(1, 8 + 2 ** 32))
  })

  it('stores every safe integer', () => {
    const bytes = Buffer.alloc(8)
    for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      writeU64(bytes, 0, value)
      expect(readU64(bytes, 0)).equal(value)
      expect(bytes.readBigUInt64LE(0)).equal(BigInt(value))
    }
  })

  it('sends an entry to the tail when the device gives the mutable region no room, for whatever reason', async () => {
    for (const code of ['ENOSPC', 'EIO']) {
      let isBroken = false
      const files = new MemoryDisk().folder('')
      const createRegion = files.createRegion.bind(files)
      files.createRegion = async (name, capacity) => {
        const file = await createRegion(name, capacity)
        const extend = file.extend.bind(file)
        file.extend = (size) => {
          if (isBroken) throw Object.assign(new Error(code), { code, syscall: 'write' })
          extend(size)
        }
        return file
      }
      const region = await MutableRegion.create(files, 4 * 1024 * 1024)
      const fields = { kind: RECORD.accept, a: 1, value: Buffer.alloc(512 * 1024) }
      expect(region.store(fields)).equal(4096)
      isBroken = true
      const used = region.used
      for (let time = 0; time < 3; time++) region.store(fields)
      expect(region.store(fields)).equal(undefined)
      isBroken = false
      expect(region.used).lessThan(used * 4)
      expect(region.store(fields)).not.equal(undefined)
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
      expect([isDecided, isInRegion, placeOf].map((ask) => ask(regionAddress(place)))).deep.equal([
        false,
        true,
        place,
      ])
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

  it('hands out pieces that do not overlap, and uses freed ones again', () => {
    const slab = new Slab(4096, 64 * 1024)
    const first = slab.take(100) ?? -1
    const second = slab.take(3000) ?? -1
    expect(first % 64).equal(0)
    expect(second).at.least(first + 100)
    slab.give(first, 100)
    expect(slab.take(100)).equal(first)
    expect(slab.take(64 * 1024)).equal(undefined)
    slab.give(first, 100)
    slab.give(second, 3000)
    expect(slab.used).equal(0)
  })

  it('notices every flipped bit of a record, and a record that is at another place', () => {
    const target = Buffer.alloc(256)
    const fields = {
      kind: RECORD.accept,
      a: 5,
      b: 7,
      c: 9,
      value: Buffer.from('a value'),
      proof: Buffer.from('proof'),
    }
    const bytes = encodeRecord(target, 0, 4096, 42, fields)
    const isIntact = (position: number, seed: number): boolean =>
      isRecordHeader(target, 0, bytes, position, seed) && isContentIntact(target, 0, seed)
    expect(isIntact(4096, 42)).equal(true)
    expect(isIntact(4104, 42)).equal(false)
    expect(isIntact(4096, 43)).equal(false)
    const { kind, a, b, c, value, proof } = decodeRecord(target, 0)
    expect({ kind, a, b, c, value, proof }).deep.equal(fields)
    const content = 56 + 7 + 5
    for (let bit = 0; bit < content * 8; bit++) {
      target[bit >> 3] = (target[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(isIntact(4096, 42), `bit ${bit}`).equal(false)
      target[bit >> 3] = (target[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
  })

  it('reads a segment header from either copy, of its own log only, and tells a newer version', () => {
    const logId = Buffer.alloc(16, 1)
    const header = { number: 3, base: 4096, previousEnd: 2048, firstSequence: 9, salt: Buffer.alloc(16, 2) }
    const bytes = encodeSegmentHeader(header, logId)
    expect(bytes.byteLength).equal(SEGMENT_HEADER_BYTES)
    expect(decodeSegmentHeader(bytes, logId)).deep.equal({ header, damagedAt: undefined })
    expect(decodeSegmentHeader(bytes, Buffer.alloc(16, 3))).deep.equal({ header: undefined, damagedAt: 0 })
    bytes[130] = (bytes[130] ?? 0) ^ 1
    expect(decodeSegmentHeader(bytes, logId)).deep.equal({ header, damagedAt: 128 })
    const newer = encodeSegmentHeader(header, logId)
    newer.writeUInt32LE(2, 8)
    newer.writeUInt32LE(checksum(newer, 0, 124, 0), 124)
    expect(decodeSegmentHeader(newer, logId)).deep.equal({ newerVersion: 2 })
  })
})
