import { crc32 } from 'node:zlib'
import { expect } from 'chai'
import {
  parseKey,
  slotKey,
  chunkKey,
  configurationKey,
  damageKey,
  checkpointKey,
} from '../../../src/backend/ordered-store/key-layout.js'
import { decodeMeta, encodeMeta, type Meta } from '../../../src/backend/ordered-store/meta-record.js'
import { RecordCodec } from '../../../src/backend/ordered-store/record-codec.js'
import {
  decodeCheckpoint,
  decodeConfiguration,
  decodeDamage,
  encodeCheckpoint,
  encodeConfiguration,
  encodeDamage,
} from '../../../src/backend/ordered-store/side-records.js'
import { decodeSlotRecord, SlotRecordToWrite } from '../../../src/backend/ordered-store/slot-record.js'
import { MAX_SLOT } from '../../../src/contract/slot.js'
import { rejection } from '../../support/rejections.js'
import { bytes, LOG_ID } from './open-store.js'

const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')

const META: Meta = {
  sequence: 7,
  point: 3,
  compactedBallot: { round: 1, nodeId: 2 },
  promised: undefined,
  votesLost: true,
  contiguousTo: 5,
  nextSlot: 9,
  committedCount: 3,
  accepted: { count: 1, digest: 0xdeadbeef },
  configurations: { count: 2, digest: 1 },
  checkpoints: { count: 0, digest: 0 },
  damage: { count: 0, digest: 0 },
  nextBlob: 4,
}

describe('keys of an ordered store', () => {
  it('sort by slot past one byte, 32 bits and up to the largest slot', () => {
    const slots = [
      0,
      1,
      255,
      256,
      65_535,
      65_536,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 32 + 1,
      2 ** 40,
      MAX_SLOT - 1,
      MAX_SLOT,
    ]
    const sorted = [...slots]
      .reverse()
      .map(slotKey)
      .sort((a, b) => Buffer.compare(a, b))
    expect(sorted.map(parseKey)).to.deep.equal(slots.map((slot) => ({ kind: 'slot', slot })))
  })

  it('are these very bytes', () => {
    expect(hex(slotKey(258))).to.equal('020000000000000102')
    expect(hex(slotKey(MAX_SLOT))).to.equal('02001ffffffffffffe')
    expect(hex(configurationKey('né'))).to.equal('036ec3a9')
    expect(hex(checkpointKey(1))).to.equal('040000000000000001')
    expect(hex(chunkKey(1, 2))).to.equal('05000000000000000100000002')
    expect(hex(damageKey(2))).to.equal('060000000000000002')
  })

  it('are unknown when they have another length, prefix or a slot beyond the largest', () => {
    for (const key of ['', '01ff', '0200', '02ffffffffffffffff', '02001fffffffffffff', '0500', '07', 'ff']) {
      expect(parseKey(Buffer.from(key, 'hex')), key).to.deep.equal({ kind: 'unknown' })
    }
  })
})

describe('records of an ordered store', () => {
  const codec = new RecordCodec(LOG_ID)
  const entry = {
    slot: 258,
    ballot: { round: 2 ** 33, nodeId: 1 },
    value: bytes('value'),
    proof: bytes('proof'),
  }

  const records = [
    {
      name: 'slot',
      record: new SlotRecordToWrite(codec, entry, { decided: true, sequence: 6 }),
      golden:
        'd2e3950c' +
        '01a501' +
        '0000000000000102' +
        '0000000000000006' +
        '0000000200000000' +
        '0000000000000001' +
        '00000005' +
        '76616c7565' +
        '70726f6f66',
      decode: (value: Uint8Array, other = codec) => decodeSlotRecord(other, 258, value),
      expected: { ...entry, decided: true, sequence: 6 },
    },
    {
      name: 'meta',
      record: encodeMeta(codec, META),
      golden:
        '5f156737' +
        '01' +
        '0000000000000007' +
        '0000000000000003' +
        '0100000000000000010000000000000002' +
        '0000000000000000000000000000000000' +
        '01' +
        '0000000000000005' +
        '0000000000000009' +
        '0000000000000003' +
        '0000000000000001deadbeef' +
        '000000000000000200000001' +
        '000000000000000000000000' +
        '000000000000000000000000' +
        '0000000000000004',
      decode: (value: Uint8Array, other = codec) => decodeMeta(other, value),
      expected: META,
    },
    {
      name: 'configuration',
      record: encodeConfiguration(codec, 'members', { version: 3, value: bytes('abc') }),
      golden: '052a2c2d' + '01' + '0000000000000003' + '00000003' + '616263',
      decode: (value: Uint8Array, other = codec) => decodeConfiguration(other, 'members', value),
      expected: { version: 3, value: bytes('abc') },
    },
    {
      name: 'checkpoint',
      record: encodeCheckpoint(codec, {
        slot: 5,
        blob: '9',
        bytes: 100,
        digest: 'ab'.repeat(32),
        ballot: { round: 1, nodeId: 2 },
        metadata: bytes('m'),
      }),
      golden:
        '15029542' +
        '01' +
        '0000000000000005' +
        '0000000000000064' +
        '0100000000000000010000000000000002' +
        '00000020' +
        'ab'.repeat(32) +
        '01' +
        '00000001' +
        '6d',
      decode: (value: Uint8Array, other = codec) => decodeCheckpoint(other, 9, value),
      expected: {
        slot: 5,
        blob: '9',
        bytes: 100,
        digest: 'ab'.repeat(32),
        ballot: { round: 1, nodeId: 2 },
        metadata: bytes('m'),
      },
    },
    {
      name: 'damage',
      record: encodeDamage(codec, { from: 2, to: 4 }),
      golden: '404b118a' + '01' + '0000000000000004',
      decode: (value: Uint8Array, other = codec) => decodeDamage(other, 2, value),
      expected: { from: 2, to: 4 },
    },
  ]

  for (const { name, record, golden, decode, expected } of records) {
    it(`write these very bytes for a ${name}`, () => {
      expect(hex(record.value)).to.equal(golden)
      expect(record.checksum).to.equal(Number.parseInt(golden.slice(0, 8), 16))
    })

    it(`read a ${name} as it was written`, () => {
      expect(decode(record.value)).to.deep.equal(expected)
    })

    it(`notice every flipped bit and every lost byte of a ${name}`, () => {
      for (let at = 0; at < record.value.length * 8; at++) {
        const flipped = new Uint8Array(record.value)
        flipped[at >> 3]! ^= 1 << (at & 7)
        expect(decode(flipped), `bit ${at}`).to.equal(undefined)
      }
      for (let length = 0; length < record.value.length; length++) {
        expect(decode(record.value.subarray(0, length)), `${length} bytes`).to.equal(undefined)
      }
    })

    it(`refuse a ${name} of another log`, () => {
      expect(decode(record.value, new RecordCodec(new Uint8Array(16)))).to.equal(undefined)
    })
  }

  it('refuse a slot under the key of another', () => {
    const { value } = new SlotRecordToWrite(codec, entry, { decided: true, sequence: 6 })
    expect(decodeSlotRecord(codec, 259, value)).to.equal(undefined)
  })

  it('tell an empty proof from none', () => {
    const empty = new SlotRecordToWrite(
      codec,
      { ...entry, proof: bytes('') },
      { decided: false, sequence: 1 },
    )
    const none = new SlotRecordToWrite(codec, { ...entry, proof: undefined }, { decided: false, sequence: 1 })
    expect(decodeSlotRecord(codec, 258, empty.value)?.proof).to.deep.equal(bytes(''))
    expect(decodeSlotRecord(codec, 258, none.value)?.proof).to.equal(undefined)
  })

  it('name a newer format instead of calling it damage', async () => {
    const key = slotKey(1)
    const record = Buffer.from([0, 0, 0, 0, 2, 0])
    record.writeUInt32BE(crc32(Buffer.concat([u16(16), LOG_ID, u16(key.length), key, record.subarray(4)])))
    const error = await rejection('PLOG_UNKNOWN_FORMAT', () => codec.open(key, record))
    expect(error.context.version).to.equal(2)
  })
})
