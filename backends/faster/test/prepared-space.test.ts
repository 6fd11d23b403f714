import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../src/segments/segment-header.js'
import { SpareSegments } from '../src/segments/spare-segments.js'
import { Tail } from '../src/segments/tail.js'
import { ballot, filesOf, refusalOf } from './support/closed-log.js'
import { MemoryDisk, type DiskImage, type DiskOperation } from './support/memory-disk.js'
import { LOG_ID, newDisk, openOn, shownBy, valueOf } from './support/open-log.js'

const KIB = 1024
const SMALL = { segmentBytes: 8 * KIB, regionBytes: 64 * KIB }

const bytesOf = ({ names, inodes }: DiskImage, name: string): Buffer =>
  inodes.get(names.get(name) ?? -1) ?? Buffer.alloc(0)
const lastOf = (image: DiskImage): string => filesOf(image).sort().at(-1) ?? ''
const sparesOf = (image: DiskImage): string[] =>
  [...image.names.keys()].filter((name) => name.startsWith('spare-'))
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
const isOfZeros = (one: DiskOperation): boolean =>
  one.kind === 'write' && one.bytes.byteLength >= 4 * KIB && one.bytes.every((byte) => byte === 0)
const learn = (slot: number, length?: number) => ({
  slot,
  ballot: ballot(1),
  value: valueOf(slot, 1, length),
})

/** A log whose active segment was another one before, and a group in it that a crash may tear. */
async function recycledLog() {
  const disk = await newDisk()
  const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
  let slot = 0
  for (; filesOf(disk.image).length < 4; slot++) await log.learn(learn(slot))
  await log.compact({ before: slot, withoutCheckpoint: true })
  expect(sparesOf(disk.image).length, 'retired segments are kept').equal(2)
  const before = lastOf(disk.image)
  for (; lastOf(disk.image) === before; slot++) await log.learn(learn(slot))
  const head = decodeSegmentHeader(bytesOf(disk.image, lastOf(disk.image)), LOG_ID)
  expect('header' in head && head.header?.isRecycled).equal(true)
  for (const end = slot + 5; slot < end; slot++) await log.learn(learn(slot))
  return { disk, log, slot }
}

describe('faster: prepared space', () => {
  it('makes a durable write into prepared bytes: one write, one flush, no growth', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.learn(learn(0))
    await settled()
    const size = bytesOf(disk.image, lastOf(disk.image)).byteLength
    const before = disk.operations.length
    for (let slot = 1; slot < 50; slot++) await log.learn(learn(slot))
    const kinds = disk.operations.slice(before).map(({ kind }) => kind)
    expect(kinds).deep.equal(Array.from({ length: 49 }, () => ['write', 'flush']).flat())
    expect(bytesOf(disk.image, lastOf(disk.image)).byteLength).equal(size)
  })

  it('leaves neither zeros nor growth to the flush of a write: who prepares has flushed them before', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 100; slot++) {
      const before = disk.operations.length
      const size = bytesOf(disk.image, lastOf(disk.image)).byteLength
      await log.learn(learn(slot, 4000))
      const own = disk.operations.slice(before).filter((one) => !isOfZeros(one))
      expect(own[0]?.kind).equal('write')
      if (slot > 0 && own[0]?.kind === 'write')
        expect(own[0].offset + own[0].bytes.byteLength, 'it lands in prepared bytes').at.most(size)
      await settled()
      const last = disk.operations.slice(before).findLastIndex(isOfZeros)
      const after = disk.operations.slice(before).slice(last + 1)
      if (last >= 0) expect(after.map(({ kind }) => kind)).include('flush')
    }
    expect(disk.operations.filter(isOfZeros).length, 'so much was prepared').greaterThan(5)
  }).timeout(60_000)

  it('prepares nothing for large writes: beside their bytes the metadata is little, and zeros would double them', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 50; slot++) {
      await log.learn(learn(slot, 100 * KIB))
      await settled()
    }
    expect(disk.operations.filter(isOfZeros)).deep.equal([])
    const zeros = async (): Promise<number> => {
      for (let slot = 50; slot < 70; slot++) await log.learn(learn(slot))
      await settled()
      return disk.operations.filter(isOfZeros).length
    }
    expect(await zeros(), 'small ones again').greaterThan(0)
  })

  it('takes a failed flush of prepared space for one of the log, and flushes nothing beside another', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.learn(learn(0))
    await settled()
    let failed = 0
    let isPreparing = false
    disk.beforeOperation = (operation) => {
      if (operation.kind === 'write') isPreparing ||= isOfZeros(operation)
      if (operation.kind !== 'flush') return
      expect(failed, 'none behind the one that failed').equal(0)
      if (isPreparing) throw Object.assign(new Error(`EIO ${++failed}`), { code: 'EIO' })
    }
    const outcomes: unknown[] = []
    for (let slot = 1; slot < 1000 && outcomes.length === 0; slot++) {
      await log.learn(learn(slot, 1000)).catch((error: unknown) => outcomes.push(error))
      await settled()
    }
    expect(outcomes.map((error) => isPersistentLogError(error))).deep.equal([true])
    expect(failed).equal(1)
    expect(log.status.state).equal('poisoned')
    expect(Buffer.from((await log.read(0))?.value ?? [])).deep.equal(valueOf(0, 1))
    await log.close().catch(() => undefined)
  })

  it('prepares in proportion: an idle log nothing, a small one little, and a closed one is cut to its content', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await settled()
    expect(bytesOf(disk.image, lastOf(disk.image)).byteLength).equal(SEGMENT_HEADER_BYTES)
    for (let slot = 0; slot < 200; slot++) await log.learn(learn(slot, 1000))
    await settled()
    const open = bytesOf(disk.image, lastOf(disk.image)).byteLength
    expect(open).within(200 * KIB, 400 * KIB)
    expect(disk.image.names.size).equal(1)
    await log.close()
    const closed = bytesOf(disk.image, lastOf(disk.image)).byteLength
    expect(closed).within(200 * KIB, open - 1)
    const again = await openOn(disk, { cleanClose: true })
    expect((await shownBy(again, 1000)).size).equal(200)
  })

  it('has the next segment ready before the active one is full', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    let slot = 0
    for (; filesOf(disk.image).length < 2; slot++) {
      await log.learn(learn(slot))
      await settled()
    }
    const began = disk.operations.findLast(({ kind }) => kind === 'rename')
    expect(began?.kind === 'rename' && began.from).equal('spare-0000000001.log')
    expect(bytesOf(disk.image, lastOf(disk.image)).byteLength).equal(SMALL.segmentBytes)
  })

  it('takes a full device for nobody’s error while it prepares, and goes on without', async () => {
    const disk = await newDisk()
    disk.beforeOperation = (operation) => {
      const isPreparing = operation.kind === 'write' && operation.bytes.every((byte) => byte === 0)
      if (isPreparing) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    for (let slot = 0; slot < 100; slot++) await log.learn(learn(slot))
    await settled()
    expect(log.status.state).equal('open')
    expect(filesOf(disk.image).length).greaterThan(2)
    expect([...disk.image.names.keys()].filter((name) => name.startsWith('spare'))).deep.equal([])
    await log.close()
    expect((await shownBy(await openOn(disk, { cleanClose: true, options: SMALL }))).size).equal(100)
  })

  it('keeps at most as many spares as it may, of the right size, over a reopen too', async () => {
    for (const spareSegments of [0, 1, 3]) {
      const disk = await newDisk()
      const options = { ...SMALL, spareSegments }
      const log = await openOn(disk, { created: true, cleanClose: true, options })
      let slot = 0
      for (; filesOf(disk.image).length < 7; slot++) await log.learn(learn(slot))
      await log.compact({ before: slot, withoutCheckpoint: true })
      await log.close()
      expect(sparesOf(disk.image).length).equal(spareSegments)
      const other = await openOn(disk, { cleanClose: true, options: { segmentBytes: 64 * KIB } })
      expect(sparesOf(disk.image), 'of another size').deep.equal([])
      await other.close()
    }
  })

  it('counts as torn what was torn, not what was prepared', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.learn(learn(0))
    await settled()
    const name = lastOf(disk.image)
    const write = disk.operations.findLast((one) => one.kind === 'write' && one.offset > 0)
    const whole = disk.copy()
    await log.learn(learn(1))
    const last = disk.operations.findLast(({ kind }) => kind === 'write')
    if (last?.kind !== 'write' || write === undefined) throw new Error('there was a write')
    for (let kept = 0; kept < last.bytes.byteLength; kept++) {
      const image = new MemoryDisk(whole).copy()
      last.bytes.copy(bytesOf(image, name), last.offset, 0, kept)
      const again = await openOn(new MemoryDisk(image))
      let end = kept
      while (end > 0 && last.bytes[end - 1] === 0) end--
      expect([...(await shownBy(again)).keys()].at(0)).equal(0)
      if (end < last.bytes.byteLength - 8)
        expect(again.recovery.tornBytes, `${kept}`).within(end, last.bytes.byteLength)
      expect(again.recovery.ambiguous).equal(again.recovery.tornBytes > 0)
    }
  })

  it('never brings back what an earlier segment left in a recycled file, wherever a group is torn', async function () {
    this.timeout(60_000)
    const { disk, log, slot } = await recycledLog()
    const shown = await shownBy(log)
    const name = lastOf(disk.image)
    const whole = disk.copy()
    await log.learn(learn(slot))
    const last = disk.operations.findLast(({ kind }) => kind === 'write')
    if (last?.kind !== 'write') throw new Error('there was a write')
    for (let kept = 0; kept <= last.bytes.byteLength; kept++) {
      const image = new MemoryDisk(whole).copy()
      last.bytes.copy(bytesOf(image, name), last.offset, 0, kept)
      // Older bytes may be the same as what was torn off.
      const isWhole = last.bytes.equals(
        bytesOf(image, name).subarray(last.offset).subarray(0, last.bytes.byteLength),
      )
      const again = await openOn(new MemoryDisk(image), { sameBoot: false, options: SMALL })
      expect([...(await shownBy(again))]).deep.equal([
        ...shown,
        ...(isWhole ? [[slot, 'decided 1'] as const] : []),
      ])
      expect(again.recovery.tornBytes).at.most(last.bytes.byteLength)
    }
  })

  it('tells rot in a recycled segment from older bytes', async () => {
    const { disk, slot } = await recycledLog()
    const image = disk.copy()
    const name = lastOf(image)
    const bytes = bytesOf(image, name)
    bytes[bytes.indexOf(`slot ${slot - 2} round 1`)] = 0x53
    const error = await refusalOf(openOn(new MemoryDisk(image), { options: SMALL }))
    expect(isPersistentLogError(error) && error.context.slots).deep.equal({ from: slot - 2, to: slot - 1 })
  })

  it('writes into no retired segment before its old name is durably gone', async () => {
    const disk = await newDisk()
    const about = { files: disk.folder(''), logId: LOG_ID, segmentBytes: 256 }
    const spares = new SpareSegments({ ...about, limit: 1 })
    const tail = new Tail({ ...about, segments: [], spares })
    for (let made = 0; made < 3; made++) {
      await tail.begin()
      await tail.publish()
    }
    let taken: Promise<unknown> | undefined
    disk.beforeOperation = ({ kind }) => {
      // A segment may begin while an old one goes.
      if (kind === 'sync-directory') taken ??= spares.take()
    }
    await tail.retireBefore(3, () => undefined)
    expect(await taken).equal(undefined)
    expect(spares.count, 'the second one found no room').equal(1)
    expect((await spares.take())?.isRecycled).equal(true)
    await tail.close()
  })
})
