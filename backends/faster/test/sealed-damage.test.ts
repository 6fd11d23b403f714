import { isPersistentLogError, type PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { FOOTER_HEADER_BYTES } from '../src/sealing/footer.js'
import { UNSEALED_NAME } from '../src/sealing/sealer.js'
import { GROUP_HEADER_BYTES } from '../src/segments/group.js'
import { RECORD_HEADER_BYTES } from '../src/segments/record.js'
import { SEGMENT_HEADER_BYTES } from '../src/segments/segment-header.js'
import {
  ballot,
  bytesOf,
  changed,
  expectHonest,
  filesOf,
  groupsEnd,
  opened,
  refusalOf,
  sealedLog,
  SMALL,
  withoutFooters,
} from './support/closed-log.js'
import { MemoryDisk } from './support/memory-disk.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'
import { everyNth } from './support/thorough.js'

/** Of the header of a record: what its checksum covers, and that. */
const CHECKED_BYTES = 52

describe('faster: damage in sealed segments', () => {
  it('locates every flipped byte of a sealed log, at open, by a read or by verify', async function () {
    this.timeout(300_000)
    const closed = await sealedLog()
    const isChosen = everyNth(10)
    for (const name of filesOf(closed.image)) {
      const bytes = bytesOf(closed.image, name)
      for (let at = 0; at < bytes.byteLength; at++) {
        if (!isChosen()) continue
        const flipped = changed(closed, name, (copy) => {
          copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8))
          return copy
        })
        const error = await refusalOf(opened(new MemoryDisk(flipped).copy(), { cleanClose: true }))
        if (error !== undefined) {
          expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `${name}:${at}`).equal(true)
          continue
        }
        const log = await opened(flipped, { cleanClose: true })
        const told = [...log.recovery.damaged, ...(await log.verify()).damaged]
        expect(
          told.some(({ file }) => file === `engine/${name}`),
          `${name}:${at} is told`,
        ).equal(true)
        await expectHonest(log, closed)
        if (at >= groupsEnd(bytes)) expect(await shownBy(log), `${name}:${at}`).deep.equal(closed.shown)
      }
    }
  })

  it('makes no footer of what rotted since an earlier close: it is told at the open behind the next one with a write', async function () {
    this.timeout(300_000)
    const closed = await sealedLog()
    const name = filesOf(closed.image).at(-1) ?? ''
    const end = groupsEnd(bytesOf(closed.image, name))
    const isChosen = everyNth(10)
    let told = 0
    for (let at = SEGMENT_HEADER_BYTES; at < end; at++) {
      if (!isChosen()) continue
      const disk = new MemoryDisk(
        changed(closed, name, (copy) => {
          copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8))
          return copy
        }),
      )
      const first = await openOn(disk, { cleanClose: true, options: SMALL })
      await first.learn({ slot: 40, ballot: ballot(1), value: valueOf(40, 1) })
      await first.close()
      const error = await refusalOf(opened(disk.copy(), { cleanClose: true }))
      expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `${name}:${at} ${String(error)}`).equal(true)
      told++
    }
    expect(told).above(10)
  })

  it('takes no older version of a slot for its newest where an index and a group behind it are damaged both', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    await log.promise(ballot(1))
    await log.configuration.store('vote', { version: 1, value: Buffer.from('me') })
    const fill = async (segments: number, from: number): Promise<void> => {
      for (let slot = from; filesOf(disk.image).length < segments; slot++) {
        await log.accept({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
      }
    }
    // The older versions stand in an earlier segment (from 40 on) or in the same one.
    await fill(2, 40)
    for (const round of [1, 2]) {
      for (let slot = 0; slot < 4; slot++) {
        await log.accept({ slot, ballot: ballot(round), value: valueOf(slot, round) })
      }
    }
    for (const slot of [0, 1, 40, 41]) await log.learn({ slot, ballot: ballot(2), value: valueOf(slot, 2) })
    await fill(3, 100)
    const shown = await shownBy(log)
    await log.close()
    const closed = { image: disk.copy(), shown }
    const name = filesOf(closed.image)[1] ?? ''
    const end = groupsEnd(bytesOf(closed.image, name))
    const isChosen = everyNth(6)
    for (let at = SEGMENT_HEADER_BYTES; at < end; at++) {
      if (!isChosen()) continue
      const image = changed(closed, name, (bytes) => {
        // The first number of the index, behind the head of the footer.
        for (const place of [at, end + FOOTER_HEADER_BYTES]) bytes[place] = (bytes[place] ?? 0) ^ 1
        return bytes
      })
      const salvaged = await opened(image, { cleanClose: true, recovery: 'salvage' })
      await expectHonest(salvaged, closed)
    }
  })

  it('makes no footer of a record whose header rotted before its segment was sealed, whichever byte it was', async () => {
    const flips = Array.from({ length: CHECKED_BYTES }, (_, at) => (header: Buffer) => {
      header[at] = header[at]! ^ 1
    })
    const lengths = [0x7fff_ffff, 0xffff_ff00, 1_000_000].map((length) => (header: Buffer) => {
      header.writeUInt32LE(length, 4)
    })
    for (const rot of [...flips, ...lengths]) {
      const disk = await newDisk()
      const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
      await log.learn({ slot: 0, ballot: ballot(1), value: valueOf(0, 1) })
      const [name = ''] = filesOf(disk.image)
      const bytes = bytesOf(disk.image, name)
      const valueAt = bytes.indexOf(valueOf(0, 1))
      rot(bytes.subarray(valueAt - RECORD_HEADER_BYTES, valueAt))
      for (let slot = 1; slot < 100; slot++)
        await log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
      await log.close()
      expect(groupsEnd(bytesOf(disk.image, name)), 'nothing is sealed').equal(
        bytesOf(disk.image, name).byteLength,
      )
      expect(await refusalOf(openOn(disk, { cleanClose: true, options: SMALL }))).include({
        code: 'PLOG_CORRUPTED',
      })
    }
  })

  it('names the highest slots too when the one footer that knew of them is cut off, whatever is lost with them', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 60; slot++)
      await log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    await log.close()
    const [name = ''] = filesOf(disk.image)
    // All but the close, whose group is the last one.
    const end = groupsEnd(bytesOf(disk.image, name)) - GROUP_HEADER_BYTES - RECORD_HEADER_BYTES
    for (const bytes of [200, 700, 3_000]) {
      const damaged = new MemoryDisk(disk.copy())
      bytesOf(damaged.image, name).fill(0, end - bytes, end)
      const about = { cleanClose: true, recovery: 'salvage' } as const
      let before: number[] | undefined
      for (const time of ['by the footer', 'without it', 'by the note']) {
        const again = await openOn(damaged, about)
        const lost: number[] = []
        for (let slot = 0; slot < 60; slot++) {
          const found = await again.read(slot).catch((error: unknown) => {
            if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return 'damaged' as const
            throw error
          })
          expect(found, `slot ${slot}, ${time}`).not.equal(undefined)
          if (found === 'damaged') lost.push(slot)
        }
        expect(lost).to.include(59)
        expect(lost).deep.equal((before ??= lost))
        await again.close()
      }
    }
  })

  it('doubts no slot that was written behind the damage, and dropped since', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    const learnAll = async (to: PersistentLog): Promise<void> => {
      for (let slot = 0; slot < 60; slot++)
        await to.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    }
    await learnAll(log)
    await log.close()
    const damaged = new MemoryDisk(withoutFooters(disk.image))
    const [name = ''] = filesOf(damaged.image)
    bytesOf(damaged.image, name).fill(0, 1_000, 2_000)
    const salvage = { cleanClose: true, recovery: 'salvage', options: SMALL } as const
    for (let time = 0; time < 2; time++) {
      const salvaged = await openOn(damaged, salvage)
      expect(salvaged.recovery.damaged.length > 0).equal(time === 0)
      await learnAll(salvaged)
      await salvaged.close()
    }
    const strict = { cleanClose: true, acceptLostVotes: true, options: SMALL }
    for (let round = 2; round < 5; round++) {
      const again = await openOn(damaged, strict)
      expect(again.bounds()).include({ damagedCount: 0, highest: 59 })
      for (const slot of [60, 61])
        await again.accept({ slot, ballot: ballot(round), value: valueOf(slot, round) })
      await again.acceptAll([], { discardFrom: 60 })
      await again.close()
    }
  })

  it('writes a damaged footer anew', async () => {
    const closed = await sealedLog()
    const [name = ''] = filesOf(closed.image)
    const image = changed(closed, name, (bytes) => {
      const at = groupsEnd(bytes) + 20
      bytes[at] = (bytes[at] ?? 0) ^ 1
      return bytes
    })
    const disk = new MemoryDisk(image)
    const log = await openOn(disk, { cleanClose: true, options: SMALL })
    expect(log.recovery.damaged.map(({ file }) => file)).deep.equal([`engine/${name}`])
    expect(await shownBy(log)).deep.equal(closed.shown)
    await log.close()
    const again = await openOn(disk, { cleanClose: true, options: SMALL })
    expect(again.recovery.damaged).deep.equal([])
    expect((await again.verify()).ok).equal(true)
  })

  it('takes half a footer, of a close whose flush failed, for what it is: no damage', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 20; slot++)
      await log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    let isFooterWritten = false
    disk.beforeOperation = (operation) => {
      if (operation.kind === 'flush' && isFooterWritten)
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      isFooterWritten ||= operation.kind === 'write' && operation.bytes.includes('PRFE')
    }
    await log.close()
    expect(isFooterWritten).equal(true)
    disk.beforeOperation = () => undefined
    const again = await openOn(disk, { cleanClose: true })
    expect(again.recovery.damaged).deep.equal([])
    expect((await shownBy(again)).size).equal(20)
    await again.close()
    expect([...disk.image.names.keys()], 'sealed anew, and flushed').not.includes(UNSEALED_NAME)
  })
})
