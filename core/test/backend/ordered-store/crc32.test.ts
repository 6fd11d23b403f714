import { crc32 as crc32OfZlib } from 'node:zlib'
import { expect } from 'chai'
import { crc32, crc32OfView } from '../../../src/backend/ordered-store/crc32.js'
import { RecordArena } from '../../../src/backend/ordered-store/record-arena.js'

const buffer = new Uint8Array(2_048).map((_, index) => Math.imul(index + 3, 0x9e3779b1) >>> 13)

describe('the checksum of records', () => {
  it('is that of zlib at every length and alignment', () => {
    for (let length = 0; length < 600; length++) {
      const bytes = buffer.subarray(length % 17, (length % 17) + length)
      for (const seed of [0, 1, 0xffff_ffff])
        expect(crc32(bytes, 0, seed), `${length} bytes, seed ${seed}`).to.equal(crc32OfZlib(bytes, seed))
    }
  })

  it('begins where it is told to, and goes on from another', () => {
    for (const length of [3, 16, 100, 512, 513, 1_500]) {
      const bytes = buffer.subarray(5, 5 + length)
      const half = length >> 1
      expect(crc32(bytes, half, crc32(bytes.subarray(0, half), 0, 0))).to.equal(crc32OfZlib(bytes))
    }
  })

  it('looks at one buffer after the other', () => {
    const other = buffer.slice().reverse()
    for (const bytes of [buffer, other, buffer, other].map((all) => all.subarray(7, 107)))
      expect(crc32(bytes, 0, 0)).to.equal(crc32OfZlib(bytes))
  })

  it('is the same of what a view shows', () => {
    const view = new DataView(buffer.buffer)
    for (const length of [0, 1, 9, 16, 100, 512, 513, 1_000])
      expect(crc32OfView(view, 3, 3 + length, 5)).to.equal(crc32OfZlib(buffer.subarray(3, 3 + length), 5))
  })
})

describe('an arena of records', () => {
  it('hands no byte out twice', () => {
    const arena = new RecordArena()
    const lengths = [1, 100, 8_192, 8_193, 0, 65_536, 200_000]
    const taken = Array.from({ length: 70 }, (_, index) => {
      const length = lengths[index % lengths.length]!
      const at = arena.reserve(length)
      return new Uint8Array(arena.view.buffer, at, length).fill(index)
    })
    taken.forEach((bytes, index) => {
      expect(bytes).to.have.length(lengths[index % lengths.length]!)
      expect(bytes.every((byte) => byte === index)).to.equal(true)
    })
  })
})
