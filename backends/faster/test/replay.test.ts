import { expect } from 'chai'
import { GroupReplay } from '../src/recovery/group-replay.js'
import { Replay } from '../src/recovery/replay.js'
import { SlotTable } from '../src/regions/slot-table.js'
import { isDecided } from '../src/regions/address.js'
import { GroupBuilder } from '../src/segments/group-builder.js'
import { markWord, RECORD, type RecordFields } from '../src/segments/record.js'
import { SegmentWindow } from '../src/segments/segment-window.js'
import { newTail } from './support/new-tail.js'

/** A tail, and two ways of applying what is appended to it: record by record, and by groups. */
async function newReplay(isByGroups: boolean) {
  const { tail } = newTail()
  await tail.begin()
  const { active: segment } = tail
  const table = new SlotTable()
  const replay = new Replay(0, tail, table)
  const append = async (...records: RecordFields[]) => {
    const builder = new GroupBuilder()
    const from = segment.end
    builder.begin({ position: tail.position, seed: segment.seed })
    const placed = records.map((fields) => builder.add(fields))
    await tail.append(builder, 0, true)
    if (isByGroups) {
      new GroupReplay(replay, segment, new SegmentWindow(segment.file)).apply(from, segment.end)
    } else {
      for (const { position } of placed) {
        const record = tail.record(position)
        if (record) replay.apply(record, position, segment)
      }
    }
    return placed
  }
  return { replay, table, append }
}

const accept = (round: number): RecordFields => ({
  ...{ kind: RECORD.accept, a: 5, b: round, c: 1 },
  value: Buffer.from(`round ${round}`),
})
const mark = (link: number, word: number): RecordFields => ({
  ...{ kind: RECORD.mark, a: 5, b: 1, c: 1, link, word },
})

for (const isByGroups of [false, true]) {
  describe(`faster: replay ${isByGroups ? 'of groups' : 'of records'}`, () => {
    it('decides by a mark that names exactly the accepted record', async () => {
      const { replay, table, append } = await newReplay(isByGroups)
      const [placed] = await append(accept(1))
      if (!placed) throw new Error('one record was placed')
      expect(replay.ledger.decided.has(5)).equal(false)
      await append(mark(placed.position, markWord(placed.checksum)))
      expect(replay.ledger.decided.has(5)).equal(true)
      expect(replay.ledger.accepted.count).equal(0)
      expect(isDecided(table.get(5))).equal(true)
      expect(replay.lostMarks).deep.equal([])
    })

    it('decides nothing by a mark with another word, or on an older version', async () => {
      const { replay, append } = await newReplay(isByGroups)
      const [first] = await append(accept(1))
      if (!first) throw new Error('one record was placed')
      const word = markWord(first.checksum)
      await append(mark(first.position, (word ^ 2) >>> 0))
      expect(replay.ledger.decided.has(5)).equal(false)
      await append(accept(2))
      await append(mark(first.position, word))
      expect(replay.ledger.decided.has(5)).equal(false)
      expect(replay.lostMarks.map(({ slot }) => slot)).deep.equal([5, 5])
    })

    it('counts decisions, proposals and what drops them in the order of the tail', async () => {
      const { replay, table, append } = await newReplay(isByGroups)
      const decide = (slot: number): RecordFields => ({ kind: RECORD.decide, a: slot, b: 1, c: 1 })
      const propose = (slot: number): RecordFields => ({ kind: RECORD.accept, a: slot, b: 1, c: 1 })
      await append(decide(0), decide(1), propose(3), decide(2), propose(7), propose(8), decide(9))
      await append({ kind: RECORD.discard, a: 7, b: 100 }, propose(8), decide(3), {
        kind: RECORD.compact,
        a: 1,
      })
      const { ledger } = replay
      expect([...ledger.decided.ranges()]).deep.equal([
        { from: 1, to: 4 },
        { from: 9, to: 10 },
      ])
      expect([...ledger.accepted.ranges()]).deep.equal([{ from: 8, to: 9 }])
      expect([0, 1, 7, 8].map((slot) => table.get(slot) > 0)).deep.equal([false, true, false, true])
    })
  })
}
