import { expect } from 'chai'
import { WholePrefix } from '../src/recovery/stretches.js'
import { EMPTY_SUMMARY, type GroupHeader } from '../src/segments/group.js'
import { RECORD } from '../src/segments/record.js'
import type { Stretch } from '../src/segments/segment-scan.js'

const header = (kind: number, records = 1): GroupHeader => ({
  ...EMPTY_SUMMARY,
  ...{ records, kinds: 1 << kind, previous: EMPTY_SUMMARY },
  ...{ bodyBytes: 0, bodyChecksum: 0, checksum: 0, previousChecksum: 0 },
  ...{ sequence: 1, flushedTo: 0, point: 0, writtenBefore: 0 },
})
const group = (from: number, kind: number, records?: number): Stretch => ({
  kind: 'group',
  from,
  to: from + 1,
  header: header(kind, records),
})
const damage = (from: number): Stretch => ({
  kind: 'damage',
  from,
  to: from + 1,
  ...{ reason: 'rot', header: undefined, records: [], lost: { kinds: 0, slots: [] } },
})

/** The stretches that were applied, by where they begin. */
function appliedOf(stretches: readonly Stretch[]): number[] {
  const applied: number[] = []
  const prefix = new WholePrefix(({ from }) => applied.push(from))
  for (const stretch of stretches) prefix.take(stretch)
  expect(prefix.length).equal(applied.length)
  return applied
}

describe('faster: groups that are applied while their segment is scanned', () => {
  it('are all up to the first stretch that is none, and no more behind it', () => {
    const stretches = [group(0, RECORD.accept), group(1, RECORD.decide), damage(2), group(3, RECORD.accept)]
    expect(appliedOf(stretches)).deep.equal([0, 1])
  })

  it('leave a close out that may not count, until something follows it', () => {
    const closed = [group(0, RECORD.accept), group(1, RECORD.close)]
    expect(appliedOf(closed)).deep.equal([0])
    expect(appliedOf([...closed, group(2, RECORD.accept)])).deep.equal([0, 1, 2])
    expect(appliedOf([...closed, damage(2)])).deep.equal([0])
    expect(appliedOf([group(0, RECORD.close, 2)])).deep.equal([0])
  })
})
