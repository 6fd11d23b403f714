import { expect } from 'chai'
import { VersionsUnderWay, type Version } from '../../../src/backend/engine/versions-under-way.js'

const accepted = (slot: number): Version => ({
  kind: 'accept',
  slot,
  ballot: { round: 1, nodeId: 1 },
  value: Uint8Array.of(slot),
  proof: undefined,
})

const batchOf = (...slots: number[]): Version[] => slots.map(accepted)

describe('versions under way', () => {
  it('finds those of single writes and of batches', () => {
    const versions = new VersionsUnderWay()
    expect(versions.get(1)).to.equal(undefined)
    const batch = batchOf(1, 2, 9)
    const single = batchOf(5)
    versions.add(batch)
    versions.add(single)
    expect([1, 2, 3, 5, 9].map((slot) => versions.get(slot))).to.deep.equal([
      batch[0],
      batch[1],
      undefined,
      single[0],
      batch[2],
    ])
    versions.remove(batch)
    expect([1, 2, 5, 9].map((slot) => versions.has(slot))).to.deep.equal([false, false, true, false])
    versions.remove(single)
    expect(versions.has(5)).to.equal(false)
  })

  it('finds the newest of a slot, in whatever order writes of one and of many come', () => {
    const writes = [batchOf(1, 2), batchOf(2, 3), batchOf(2), batchOf(1, 2), batchOf(2), batchOf(2, 4)]
    const versions = new VersionsUnderWay()
    for (const write of writes) {
      versions.add(write)
      expect(versions.get(2)).to.equal(write.find(({ slot }) => slot === 2))
    }
    for (const write of writes.slice(0, -1)) versions.remove(write)
    expect(versions.get(2)).to.equal(writes.at(-1)![0])
    expect(versions.has(1)).to.equal(false)
    versions.remove(writes.at(-1)!)
    expect(versions.has(2)).to.equal(false)
  })

  it('finds every one of more batches than it keeps whole', () => {
    const versions = new VersionsUnderWay()
    const batches = Array.from({ length: 40 }, (_, at) => batchOf(at * 2, at * 2 + 1, 1_000))
    for (const batch of batches) versions.add(batch)
    for (const batch of batches) expect(versions.get(batch[1]!.slot)).to.equal(batch[1])
    expect(versions.get(1_000)).to.equal(batches.at(-1)![2])
    for (const batch of batches.toReversed()) {
      versions.remove(batch)
      for (const { slot } of batch.slice(0, 2)) expect(versions.has(slot), `slot ${slot}`).to.equal(false)
    }
    expect(versions.has(1_000)).to.equal(false)
  })
})
