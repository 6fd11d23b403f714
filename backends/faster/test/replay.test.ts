import { expect } from 'chai'
import { Replay } from '../src/recovery/replay.js'
import { SlotTable } from '../src/regions/slot-table.js'
import { isDecided } from '../src/regions/address.js'
import { maskAt } from '../src/checksum.js'
import { wordMemory } from '../src/word-memory.js'
import {
  decodeRecord,
  encodeRecord,
  markWord,
  RECORD,
  type RecordFields,
  type StoredRecord,
} from '../src/segments/record.js'
import { SpareSegments } from '../src/segments/spare-segments.js'
import { Tail } from '../src/segments/tail.js'
import { MemoryDisk } from './support/memory-disk.js'
import { LOG_ID } from './support/open-log.js'

function record(fields: RecordFields): StoredRecord {
  const memory = wordMemory(Buffer.alloc(256))
  encodeRecord(memory, 0, 1024, 1, fields)
  return decodeRecord(memory.bytes, 0, maskAt(1, 1024))
}

async function newReplay() {
  const files = new MemoryDisk().folder('')
  const spares = new SpareSegments({ files, segmentBytes: 4096, limit: 0 })
  const tail = new Tail({ files, logId: LOG_ID, segmentBytes: 4096, segments: [], spares })
  await tail.begin()
  const table = new SlotTable()
  return { replay: new Replay(0, tail, table), table, segment: tail.active }
}

const accept = (round: number): StoredRecord =>
  record({ kind: RECORD.accept, a: 5, b: round, c: 1, value: Buffer.from(`round ${round}`) })

describe('faster: replay', () => {
  it('decides by a mark that names exactly the accepted record', async () => {
    const { replay, table, segment } = await newReplay()
    const accepted = accept(1)
    replay.apply(accepted, 512, segment)
    expect(replay.ledger.decided.has(5)).equal(false)
    replay.apply(
      record({ kind: RECORD.mark, a: 5, b: 1, c: 1, link: 512, word: markWord(accepted.checksum) }),
      1024,
      segment,
    )
    expect(replay.ledger.decided.has(5)).equal(true)
    expect(isDecided(table.get(5))).equal(true)
    expect(replay.lostMarks).deep.equal([])
  })

  it('decides nothing by a mark with another word, or on an older version', async () => {
    const { replay, segment } = await newReplay()
    const first = accept(1)
    replay.apply(first, 512, segment)
    const word = markWord(first.checksum)
    replay.apply(
      record({ kind: RECORD.mark, a: 5, b: 1, c: 1, link: 512, word: (word ^ 1) >>> 0 }),
      1024,
      segment,
    )
    expect(replay.ledger.decided.has(5)).equal(false)
    replay.apply(accept(2), 1536, segment)
    replay.apply(record({ kind: RECORD.mark, a: 5, b: 1, c: 1, link: 512, word }), 2048, segment)
    expect(replay.ledger.decided.has(5)).equal(false)
    expect(replay.lostMarks.map(({ slot }) => slot)).deep.equal([5, 5])
  })
})
