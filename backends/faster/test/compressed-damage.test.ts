import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { segmentFileIn } from '../src/compression/compressed-file.js'
import { BLOCK_BYTES, PLACES_AT } from '../src/compression/compressed-layout.js'
import { FOOTER_HEADER_BYTES } from '../src/sealing/footer.js'
import { SEGMENT_HEADER_BYTES } from '../src/segments/segment-header.js'
import { turn } from './support/all-sealed.js'
import {
  bytesOf,
  changed,
  expectHonest,
  filesOf,
  groupsEnd,
  opened,
  refusalOf,
} from './support/closed-log.js'
import {
  allCompressed,
  COMPRESSED,
  compressedIn,
  compressedLog,
  learn,
  learnAll,
} from './support/compressed.js'
import { crashStates, durably } from './support/crash-states.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'
import { everyNth } from './support/thorough.js'

describe('faster: damage in compressed segments', () => {
  it('locates every flipped byte, at open, by a read or by verify, and never reads a wrong one', async function () {
    this.timeout(300_000)
    const { disk, log } = await compressedLog()
    const shown = await shownBy(log)
    await log.close()
    const closed = { image: disk.copy(), shown }
    const isChosen = everyNth(14)
    for (const name of compressedIn(closed.image).slice(0, 3)) {
      const { byteLength } = bytesOf(closed.image, name)
      for (let at = 0; at < byteLength; at++) {
        if (!isChosen()) continue
        const flip = (): DiskImage =>
          changed(closed, name, (copy) => {
            copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8))
            return copy
          })
        const error = await refusalOf(opened(flip(), { cleanClose: true }))
        if (error !== undefined) {
          expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `${name}:${at}`).equal(true)
          const salvaged = await opened(flip(), { cleanClose: true, recovery: 'salvage' })
          await expectHonest(salvaged, closed)
          continue
        }
        const again = await opened(flip(), { cleanClose: true, options: COMPRESSED })
        const told = [...again.recovery.damaged, ...(await again.verify()).damaged]
        expect(
          told.some(({ file }) => file === `engine/${name}`),
          `${name}:${at} is told`,
        ).equal(true)
        await expectHonest(again, closed)
      }
    }
  })

  it('loses nothing silently to a compressed segment that was cut at any length, or is not there', async function () {
    this.timeout(120_000)
    const { disk, log } = await compressedLog()
    const shown = await shownBy(log)
    await log.close()
    const closed = { image: disk.copy(), shown }
    const [name = ''] = compressedIn(closed.image)
    const { byteLength } = bytesOf(closed.image, name)
    for (let length = 0; length < byteLength; length += 37) {
      const cut = (): DiskImage => changed(closed, name, (bytes) => Buffer.from(bytes.subarray(0, length)))
      const error = await refusalOf(opened(cut(), { cleanClose: true }))
      if (error !== undefined) expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `${length}`).equal(true)
      await expectHonest(await opened(cut(), { cleanClose: true, recovery: 'salvage' }), closed)
    }
    // What was compressed had a successor: without one the end is missing, also where the log was never closed.
    const last = compressedIn(closed.image).at(-1) ?? ''
    for (const cleanClose of [true, false]) {
      const image = new MemoryDisk(closed.image).copy()
      for (const later of filesOf(image)) if (later > last) image.names.delete(later)
      const error = await refusalOf(openOn(new MemoryDisk(image), { cleanClose, options: COMPRESSED }))
      expect(isPersistentLogError(error, 'PLOG_CORRUPTED')).equal(true)
      const salvage = { cleanClose, recovery: 'salvage', options: COMPRESSED } as const
      const salvaged = await openOn(new MemoryDisk(image), salvage)
      await learnAll(salvaged, 1_000, 1_100)
      await salvaged.close()
    }
  })

  it('seals and compresses anew what is behind a footer that has rotted', async () => {
    const { disk, log } = await compressedLog()
    const shown = await shownBy(log)
    await log.close()
    const [first = ''] = filesOf(disk.image)
    const file = segmentFileIn(await disk.folder('').open(first), first)
    const plain = Buffer.alloc(file.size)
    file.readInto(plain, 0)
    plain.fill(0, groupsEnd(plain), groupsEnd(plain) + FOOTER_HEADER_BYTES)
    const about = { cleanClose: true, options: COMPRESSED }
    const damaged = new MemoryDisk(changed({ image: disk.image, shown }, first, () => plain))
    const before = compressedIn(damaged.image)
    expect(before).length.greaterThan(1)
    const again = await openOn(damaged, about)
    expect(again.recovery.damaged.map(({ reason }) => reason)).deep.equal([
      'the footer of a segment is damaged',
    ])
    expect(await shownBy(again)).deep.equal(shown)
    await learnAll(again, 140, 180)
    while (compressedIn(damaged.image).length <= before.length) await turn()
    await allCompressed(damaged)
    await again.close()
    let states = 0
    const isChosen = everyNth(8)
    const base = durably(changed({ image: disk.image, shown }, first, () => plain))
    for (const { after, image } of crashStates([...base, ...damaged.operations], 1, base.length)) {
      if (!isChosen()) continue
      states++
      const crashed = await openOn(new MemoryDisk(image), { sameBoot: false, options: COMPRESSED })
      const now = await shownBy(crashed)
      for (const [slot, what] of shown) expect(now.get(slot), `slot ${slot}, after ${after}`).equal(what)
    }
    expect(states).greaterThan(50)
    const last = await openOn(damaged, about)
    expect(last.recovery.damaged).deep.equal([])
    expect((await shownBy(last)).size).equal(180)
    expect((await last.verify()).ok).equal(true)
  })

  it('answers by the records where an index rots after it was verified, and never that a slot is empty', async () => {
    const disk = await newDisk()
    const options = { ...COMPRESSED, segmentBytes: 512 * 1024 }
    const log = await openOn(disk, { created: true, cleanClose: true, options })
    // Every third slot: the index of a segment is sorted slots and addresses, several blocks of each.
    for (let from = 0; from < 150_000; from += 300) {
      await log.learnAll(Array.from({ length: 100 }, (_, at) => learn(from + at * 3)))
    }
    await allCompressed(disk)
    await log.close()
    const [name = ''] = compressedIn(disk.image)
    const file = segmentFileIn(await disk.folder('').open(name), name)
    const plain = file.read(0, file.size)
    const first = Math.ceil((groupsEnd(plain) + FOOTER_HEADER_BYTES - SEGMENT_HEADER_BYTES) / BLOCK_BYTES)
    const end = Math.floor((file.size - SEGMENT_HEADER_BYTES) / BLOCK_BYTES)
    expect(end - first, 'blocks that hold nothing but the index').least(1)
    for (let block = first; block < end; block++) {
      const again = new MemoryDisk(new MemoryDisk(disk.image).copy())
      const reading = await openOn(again, { cleanClose: true, options })
      expect((await reading.read(300))?.value).deep.equal(new Uint8Array(valueOf(300, 1)))
      const bytes = bytesOf(again.image, name)
      const place = Number(bytes.readBigUInt64LE(PLACES_AT + block * 8))
      bytes[place + 20] = (bytes[place + 20] ?? 0) ^ 4
      // More blocks than are kept: that one is inflated again.
      for (let slot = 45_000; slot < 150_000; slot += 150) await reading.read(slot)
      const verified = await reading.verify()
      expect(verified.damaged.map(({ file: told }) => told)).contain(`engine/${name}`)
      for (let slot = 45_000; slot < 150_000; slot += 150) await reading.read(slot)
      expect(await reading.discard({ from: 0, to: 15_000 })).deep.include({ discarded: 0 })
      expect(reading.status.state).equal('open')
      for (let slot = 0; slot < 15_000; slot += 30) {
        const found = await reading.read(slot)
        expect(found && Buffer.from(found.value).toString(), `slot ${slot}`).equal(
          valueOf(slot, 1).toString(),
        )
      }
    }
  })
})
