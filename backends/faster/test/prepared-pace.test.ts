import { expect } from 'chai'
import { ballot, filesOf } from './support/closed-log.js'
import type { DiskImage, DiskOperation } from './support/memory-disk.js'
import { newDisk, openOn, valueOf } from './support/open-log.js'

const KIB = 1024
const MIDDLE = { segmentBytes: 2 * 1024 * KIB, regionBytes: 64 * KIB }

const bytesOf = ({ names, inodes }: DiskImage, name: string): Buffer =>
  inodes.get(names.get(name) ?? -1) ?? Buffer.alloc(0)
const lastOf = (image: DiskImage): string => filesOf(image).sort().at(-1) ?? ''
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
const isOfZeros = (one: DiskOperation): boolean =>
  one.kind === 'write' && one.bytes.byteLength >= 4 * KIB && one.bytes.every((byte) => byte === 0)
const learn = (slot: number, length: number) => ({
  slot,
  ballot: ballot(1),
  value: valueOf(slot, 1, length),
})

describe('faster: how much space is prepared, and when', () => {
  it('prepares nothing for what need only outlive the process, but lets the event loop go', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: MIDDLE })
    let turns = 0
    disk.beforeWrite = () => Promise.resolve(void turns++)
    const batch = (from: number) => Array.from({ length: 10 }, (_, index) => learn(from + index, 1000))
    for (let slot = 0; slot < 1800; slot += 10) await log.learnAll(batch(slot), { survives: 'process-crash' })
    await settled()
    expect(disk.operations.filter(isOfZeros)).deep.equal([])
    expect([...disk.image.names.keys()].filter((name) => name.startsWith('spare'))).deep.equal([])
    const written = bytesOf(disk.image, lastOf(disk.image)).byteLength
    expect(written, 'most of the segment').within(1800 * 1000, MIDDLE.segmentBytes)
    expect(turns).within(Math.floor(written / (256 * KIB)) - 1, 20)
    await log.learn(learn(1800, 40))
    await settled()
    expect(disk.operations.filter(isOfZeros).length, 'for the first that is flushed').greaterThan(0)
  })

  it('prepares the next segment in large steps at the pace of the appends, also of a log that is opened nearly full', async () => {
    const disk = await newDisk()
    const options = { segmentBytes: 8 * 1024 * KIB, regionBytes: 64 * KIB }
    const full = await openOn(disk, { created: true, cleanClose: true, options })
    let slot = 0
    for (; slot < 60; slot++) await full.learn(learn(slot, 100 * KIB))
    await full.close()
    const log = await openOn(disk, { cleanClose: true, options })
    expect(bytesOf(disk.image, lastOf(disk.image)).byteLength).greaterThan(options.segmentBytes / 2)
    for (slot = 0; slot < 1000; slot++) {
      await log.learn(learn(60 + slot, KIB))
      if (slot % 100 === 0) await settled()
      expect(bytesOf(disk.image, 'spare.new').byteLength).at.most(3 * 1.2 * KIB * (slot + 1) + 64 * KIB)
    }
    const inode = disk.image.names.get('spare.new')
    const ofNext = disk.operations.filter((one) => 'inode' in one && one.inode === inode)
    expect(ofNext.filter(({ kind }) => kind === 'flush').length).equal(3)
    expect(bytesOf(disk.image, 'spare.new').byteLength).equal(3 * 1024 * KIB)
    await log.close()
  })

  it('writes zeros in pieces of about the size of the appends: a flush writes as much as was written at once', async () => {
    for (const [length, pieceBytes] of [
      [100, 4 * KIB],
      [6_000, 8 * KIB],
      [30_000, 32 * KIB],
    ] as const) {
      const disk = await newDisk()
      const log = await openOn(disk, { created: true, cleanClose: true })
      for (let slot = 0; slot < 20; slot++) await log.learn(learn(slot, length))
      await settled()
      const pieces = disk.operations
        .filter(isOfZeros)
        .map((one) => one.kind === 'write' && one.bytes.byteLength)
      expect(pieces.length).greaterThan(1)
      expect(Math.max(...pieces.map(Number)), `${length}`).equal(pieceBytes)
      await log.close()
    }
  })
})
