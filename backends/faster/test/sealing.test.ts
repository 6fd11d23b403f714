import { isPersistentLogError, type PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recover } from '../src/recovery.js'
import { SlotIndex } from '../src/regions/slot-index.js'
import { UNSEALED_NAME } from '../src/sealing/sealer.js'
import { allSealed, turn } from './support/all-sealed.js'
import {
  ballot,
  bytesOf,
  filesOf,
  opened,
  refusalOf,
  sealedLog,
  SMALL,
  withoutFooters,
} from './support/closed-log.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { CLOSED, LOG_ID, newDisk, openOn, shownBy, valueOf } from './support/open-log.js'

const learn = (slot: number, length?: number) => ({
  slot,
  ballot: ballot(1),
  value: valueOf(slot, 1, length),
})
/** A closed log of so many small entries, in groups, in segments of 64 KiB. */
async function longLog(entries: number): Promise<MemoryDisk> {
  const disk = await newDisk()
  const log = await openOn(disk, { created: true, cleanClose: true, options: { segmentBytes: 64 * 1024 } })
  await log.promise(ballot(1))
  for (let slot = 0; slot < entries; slot += 100) {
    await log.learnAll(Array.from({ length: 100 }, (_, at) => learn(slot + at)))
  }
  await log.close()
  return disk
}

describe('faster: sealed segments', () => {
  it('opens a closed log by its heads and footers: what is read does not grow with the entries', async () => {
    const read: number[] = []
    for (const entries of [4_000, 16_000]) {
      const disk = new MemoryDisk((await longLog(entries)).copy())
      const log = await openOn(disk, { cleanClose: true, options: { segmentBytes: 64 * 1024 } })
      read.push(disk.bytesRead)
      expect(log.bounds().committedCount).equal(entries)
      expect(log.promised()).deep.equal(ballot(1))
      const last = await log.read(entries - 1)
      expect(Buffer.from(last?.value ?? [])).deep.equal(valueOf(entries - 1, 1))

      const scanned = new MemoryDisk(withoutFooters(disk.copy()))
      await openOn(scanned, { cleanClose: true, options: { segmentBytes: 64 * 1024 } })
      expect(read.at(-1)).below(scanned.bytesRead * 0.05)
    }
    const segments = 12_000 / 650
    expect((read[1] ?? 0) - (read[0] ?? 0)).below(segments * 2 * 1024)
  })

  it('scans only what is not sealed after a crash', async () => {
    const disk = await newDisk()
    const options = { segmentBytes: 64 * 1024 }
    const log = await openOn(disk, { created: true, cleanClose: true, options })
    for (let slot = 0; slot < 8_000; slot += 100) {
      await log.learnAll(Array.from({ length: 100 }, (_, at) => learn(slot + at)))
    }
    await allSealed(disk)
    const crashed = new MemoryDisk(disk.copy())
    const again = await openOn(crashed, { sameBoot: false, options })
    expect(crashed.bytesRead).below(options.segmentBytes * 4)
    expect((await shownBy(again)).size).equal(8_000)
  })

  it('keeps nothing in memory of the slots of sealed segments, opened by footers or sealed since', async () => {
    const disk = await longLog(8_000)
    const request = { logId: LOG_ID, firstSlot: 0, spareSegments: 0, segmentBytes: 64 * 1024 } as const
    const closed = new MemoryDisk(disk.copy())
    const byFooters = await recover({ files: closed.folder(''), ...request, ...CLOSED })
    expect(byFooters.ledger.decided.count).equal(8_000)
    expect(byFooters.table.open.count).equal(0)

    const unsealed = new MemoryDisk(withoutFooters(disk.copy()))
    const { table, tail, sealer } = await recover({ files: unsealed.folder(''), ...request, ...CLOSED })
    expect(table.open.count).equal(8_000)
    sealer.settledBelow(tail.active.header.number)
    await sealer.idle()
    expect(table.open.count).equal(tail.active.writtenSlots)
    expect(tail.active.writtenSlots).below(1_000)
    expect(table.open.bytes).below(tail.active.writtenSlots * 10 + 8 * 1024)
    for (const slot of [0, 4_321, 7_999]) expect(tail.record(table.get(slot) - 1)?.a).equal(slot)
  })

  it('seals what is written where nobody ever asks for a flush', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: { segmentBytes: 64 * 1024 } })
    for (let slot = 0; slot < 4_000; slot += 100) {
      const batch = Array.from({ length: 100 }, (_, at) => learn(slot + at))
      await log.learnAll(batch, { survives: 'process-crash' })
    }
    expect(filesOf(disk.image)).length.greaterThan(3)
    await allSealed(disk)
    await log.close()
  })

  it('keeps slots that are far apart without a page each', () => {
    const index = new SlotIndex()
    for (let at = 0; at < 1_000; at++) index.set(at * 2 ** 40, 8)
    expect(index.bytes).below(1_000 * 64)
    expect(index.get(999 * 2 ** 40)).equal(8)
  })

  it('reads sealed segments through maps and without', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'plog-'))
    try {
      for (const mmap of ['required', 'off'] as const) {
        const log = await openDirectoryLog(join(directory, mmap), { mmap, segmentBytes: 64 * 1024 })
        for (let slot = 0; slot < 20_000; slot += 500) {
          await log.learnAll(Array.from({ length: 500 }, (_, at) => learn(slot + at)))
        }
        for (let time = 0; time < 10; time++) await turn()
        expect((await shownBy(log)).size).equal(20_000)
        await log.close()
        const again = await openDirectoryLog(join(directory, mmap), { mmap, segmentBytes: 64 * 1024 })
        expect((await shownBy(again)).size).equal(20_000)
        expect((await again.verify()).ok).equal(true)
        await again.close()
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('is the same log by its footers as by its records', async () => {
    const { image, shown } = await sealedLog()
    for (const each of [image, withoutFooters(image)]) {
      const log = await opened(each, { cleanClose: true })
      expect(await shownBy(log)).deep.equal(shown)
      expect(log.promised()).deep.equal(ballot(1))
      expect((await log.configuration.load('vote'))?.version).equal(1)
      expect((await log.checkpoints.latest())?.slot).equal(4)
      expect(log.recovery.damaged).deep.equal([])
    }
  })

  it('forgets what was discarded, also when what it dropped was sealed before', async () => {
    const disk = await newDisk()
    const options = SMALL
    const log = await openOn(disk, { created: true, cleanClose: true, options })
    for (let slot = 0; slot < 40; slot++) await log.accept(learn(slot))
    await allSealed(disk)
    expect(filesOf(disk.image).length).greaterThan(2)
    await log.discard({ from: 10 })
    await log.accept({ slot: 12, ballot: ballot(2), value: valueOf(12, 2) })
    for (let slot = 100; slot < 140; slot++) await log.learn(learn(slot))
    await log.commit({ slot: 3, ballot: ballot(1) })
    await allSealed(disk)
    const shown = await shownBy(log)
    expect([...shown.keys()].filter((slot) => slot < 100)).deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12])
    const crashed = await openOn(new MemoryDisk(disk.copy()), { options })
    expect(await shownBy(crashed)).deep.equal(shown)
    await log.close()
    expect(await shownBy(await openOn(disk, { cleanClose: true, options }))).deep.equal(shown)
  })

  it('goes on without sealing on a device that has no room for a footer, and scans at the next open', async () => {
    const disk = await newDisk()
    disk.beforeOperation = (operation) => {
      const isFooter =
        operation.kind === 'write' &&
        operation.bytes.toString('latin1').endsWith('PRFE', operation.bytes.byteLength - 4)
      if (isFooter) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    for (let slot = 0; slot < 60; slot++) await log.learn(learn(slot))
    for (let time = 0; time < 10; time++) await turn()
    expect((await shownBy(log)).size).equal(60)
    await log.close()
    disk.beforeOperation = () => undefined
    const again = await openOn(disk, { cleanClose: true, options: SMALL })
    expect(again.recovery.damaged).deep.equal([])
    expect((await shownBy(again)).size).equal(60)
  })

  it('opens a log whose last segment holds its close alone, without a footer', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 5; slot++) await log.learn(learn(slot))
    const crashed = new MemoryDisk(disk.copy())
    const recovered = await openOn(crashed)
    let writes = 0
    crashed.beforeOperation = ({ kind }) => {
      // The close itself still has room.
      if (kind === 'write' && ++writes > 1) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    await recovered.close()
    crashed.beforeOperation = () => undefined
    expect([...crashed.image.names.keys()]).to.include(UNSEALED_NAME)
    const again = await openOn(crashed, { cleanClose: true })
    expect(again.recovery).to.deep.include({ damaged: [], votesLost: false })
    expect((await shownBy(again)).size).equal(5)
  })

  it('seals nothing over a record of the state that rotted since it was written', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    await log.promise(ballot(7))
    for (let slot = 0; slot < 3; slot++) await log.learn(learn(slot))
    await log.checkpoints.store(3, Buffer.from('state'))
    const [name = ''] = filesOf(disk.image)
    const bytes = bytesOf(disk.image, name)
    bytes[bytes.indexOf('{"slot"')] = 0x7a
    for (let slot = 3; slot < 60; slot++) await log.learn(learn(slot))
    for (let time = 0; time < 10; time++) await turn()
    expect(log.status.state).equal('open')
    await log.close()
    expect([...disk.image.names.keys()], 'what rotted gets no footer').to.include(UNSEALED_NAME)
    const error = await refusalOf(openOn(disk, { cleanClose: true, options: SMALL }))
    expect(isPersistentLogError(error, 'PLOG_CORRUPTED')).equal(true)
  })

  for (const end of ['its flush failed', 'its process was killed before the flush'] as const) {
    it(`flushes a footer of an earlier session before it writes the next one: ${end}`, async () => {
      const options = { segmentBytes: 4096, spareSegments: 0 }
      const disk = await newDisk()
      const log = await openOn(disk, { created: true, cleanClose: true, options })
      let headOf: number | undefined
      let atKill: DiskImage | undefined
      disk.beforeOperation = (operation) => {
        if (operation.kind === 'flush' && operation.inode === headOf) {
          atKill ??= disk.copy()
          throw Object.assign(new Error('EIO'), { code: 'EIO' })
        }
        const isHead = operation.kind === 'write' && operation.bytes.toString('latin1', 0, 4) === 'PRF1'
        if (isHead) headOf ??= operation.inode
      }
      let slot = 0
      while (atKill === undefined) {
        await log.learn(learn(slot++))
        await turn()
      }
      await log.close()
      const isKilled = end !== 'its flush failed'
      const next = isKilled ? new MemoryDisk(atKill) : disk
      next.beforeOperation = () => undefined
      const flushedBefore = next.operations.length
      const again = await openOn(next, { cleanClose: !isKilled, options })
      for (const sealed = filesOf(next.image).length; filesOf(next.image).length < sealed + 3;) {
        await again.learn(learn(slot++))
      }
      await allSealed(next)
      await again.close()
      const since = next.operations.slice(flushedBefore)
      const heads = since.findIndex(
        (one) =>
          one.kind === 'write' && one.bytes.toString('latin1', 0, 4) === 'PRF1' && one.inode !== headOf,
      )
      const proven = since.findIndex((one) => one.kind === 'flush' && one.inode === headOf)
      const rewritten = since.findIndex(
        (one) =>
          one.kind === 'write' && one.bytes.toString('latin1', 0, 4) === 'PRF1' && one.inode === headOf,
      )
      expect(rewritten, 'the head is written once more').within(0, proven)
      expect(proven, 'and flushed before the next').below(heads)
    })
  }

  it('gives sealed segments back below the point while they are read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'plog-'))
    let log: PersistentLog | undefined
    try {
      log = await openDirectoryLog(directory, { mmap: 'required', segmentBytes: 64 * 1024 })
      for (let slot = 0; slot < 10_000; slot += 500) {
        await log.learnAll(Array.from({ length: 500 }, (_, at) => learn(slot + at)))
      }
      const scan = log.decisions({ from: 9_000 })
      const seen: number[] = []
      const reading = (async () => {
        for await (const entry of scan) {
          expect(Buffer.from(entry.value)).deep.equal(valueOf(entry.slot, 1))
          seen.push(entry.slot)
        }
      })()
      await log.compact({ before: 8_000, withoutCheckpoint: true })
      for (let slot = 10_000; slot < 14_000; slot += 500) {
        await log.learnAll(Array.from({ length: 500 }, (_, at) => learn(slot + at)))
      }
      await reading
      expect(seen.length).equal(1_000)
      const segments = (await readdir(join(directory, 'engine'))).filter((name) => name.startsWith('tail-'))
      expect(segments.length).below(20)
      expect((await shownBy(log)).size).equal(6_000)
    } finally {
      await log?.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
