import { expect } from 'chai'
import { GroupBuilder } from '../src/segments/group-builder.js'
import { RECORD } from '../src/segments/record.js'
import { RecordReader } from '../src/segments/record-reader.js'
import { newTail } from './support/new-tail.js'

/** A segment of a decision per slot, of which each is larger than the one before; and where each stands. */
async function newSegment(slots: number) {
  const { disk, tail } = newTail(2 ** 24)
  await tail.begin()
  const { active: segment } = tail
  const builder = new GroupBuilder()
  builder.begin({ position: tail.position, seed: segment.seed })
  const positions = Array.from({ length: slots }, (_, slot) => {
    const value = Buffer.alloc(slot * 3, slot)
    return builder.add({ kind: RECORD.decide, a: slot, b: 1, c: 1, value }).position
  })
  await tail.append(builder, 0, true)
  await tail.publish()
  return { disk, segment, positions }
}

describe('faster: records that are read one behind the other', () => {
  it('are those of the segment, in any order, and near the end of what is read ahead too', async () => {
    const { segment, positions } = await newSegment(900)
    const reader = new RecordReader(segment)
    const inOrder = positions.map((position, slot) => ({ position, slot }))
    for (const order of [inOrder, inOrder.toReversed(), inOrder.filter(({ slot }) => slot % 7 === 3)]) {
      for (const { position, slot } of order) {
        const record = reader.record(position)
        expect(record?.a).to.equal(slot)
        expect(record?.value.equals(Buffer.alloc(slot * 3, slot)), `the value of ${slot}`).to.equal(true)
      }
    }
    expect(reader.end).to.equal(segment.header.base + segment.end)
  })

  it('are none where they are damaged, where none begins, and outside of the segment', async () => {
    const { disk, segment, positions } = await newSegment(40)
    const flip = (offset: number): void => {
      const bytes = disk.image.inodes.get(disk.image.names.get(segment.name) ?? -1)!
      bytes[offset]! ^= 1
    }
    const [header, content] = [positions[10]!, positions[20]!].map(
      (position) => position - segment.header.base,
    )
    flip(header! + 8)
    flip(content! + 60)
    const reader = new RecordReader(segment)
    expect(positions.filter((position) => reader.record(position) === undefined)).to.deep.equal([
      positions[10],
      positions[20],
    ])
    const { base } = segment.header
    for (const position of [positions[3]! + 8, base - 8, base + segment.end, base + segment.end + 4096]) {
      expect(reader.record(position), `at ${position}`).to.equal(undefined)
    }
  })
})
