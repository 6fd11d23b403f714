import { expect } from 'chai'
import { recover } from '../src/recovery.js'
import { SealedIndex } from '../src/sealing/sealed-index.js'
import { Segment } from '../src/segments/segment.js'
import { atOnce } from '../src/turns.js'
import { allSealed, turn } from './support/all-sealed.js'
import { ballot, bytesOf, filesOf } from './support/closed-log.js'
import {
  allCompressed,
  COMPRESSED,
  compressedLog,
  isCompressed,
  learn,
  learnAll,
} from './support/compressed.js'
import { CLOSED, LOG_ID, newDisk, openOn, shownBy, valueOf } from './support/open-log.js'

describe('faster: compaction of compressed segments', () => {
  it('keeps what is live in a segment that is compressed while its space is about to be given back', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: COMPRESSED })
    let copy: number | undefined
    let release = (): void => undefined
    disk.beforeOperation = (operation) => {
      if (operation.kind !== 'create' || copy !== undefined) return
      if (filesOf(disk.image).includes(operation.name.replace('.new', ''))) copy = operation.inode
    }
    disk.beforeFlush = (inode) =>
      inode === copy ? new Promise((resolve) => (release = resolve)) : Promise.resolve()
    await log.accept({ slot: 500, ballot: ballot(1), value: valueOf(500, 1) })
    for (let slot = 0; copy === undefined || slot < 60; slot++) {
      await log.learn(learn(slot))
      await turn()
    }
    const compacting = log.compact({ before: 60, withoutCheckpoint: true })
    for (let time = 0; time < 5; time++) await turn()
    release()
    await compacting
    expect((await log.readAccepted(500))?.value).deep.equal(new Uint8Array(valueOf(500, 1)))
    await log.commit({ slot: 500, ballot: ballot(1) })
    await log.close()
  })

  it('counts what is live in a segment anew that is in another file in the middle of that', async () => {
    const disk = await newDisk()
    const options = { ...COMPRESSED, compression: false, segmentBytes: 512 * 1024 }
    const log = await openOn(disk, { created: true, cleanClose: true, options })
    for (let from = 0; from < 10_000; from += 100) {
      await log.learnAll(Array.from({ length: 100 }, (_, at) => learn(from + at)))
    }
    await allSealed(disk)
    await log.close()
    const files = disk.folder('')
    const { tail, table } = await recover({
      files,
      logId: LOG_ID,
      firstSlot: 0,
      spareSegments: 0,
      ...options,
      ...CLOSED,
    })
    table.dropBelow(10)
    const index = table.sealed[0]!
    const { segment, head } = index
    const counting = table.countLiveIn(segment)
    expect(counting.next().done).equal(false)
    const by = new Segment(segment.header, await files.open(segment.name), segment.end)
    tail.replace(segment, by)
    table.replaceSealed(new SealedIndex(by, head, 'stored'))
    await segment.file.close()
    expect(atOnce(counting)).equal(index.count - 10)
    await tail.close()
  })

  it('gives compressed segments back, and recycles none of them', async () => {
    const { disk, log } = await compressedLog()
    const before = filesOf(disk.image).length
    await log.compact({ before: 90, withoutCheckpoint: true })
    expect(filesOf(disk.image).length).below(before)
    const spares = [...disk.image.names.keys()].filter((name) => name.startsWith('spare'))
    for (const name of spares) expect(isCompressed(bytesOf(disk.image, name))).equal(false)
    await learnAll(log, 140, 200)
    await allCompressed(disk)
    expect((await shownBy(log)).size).equal(200 - 90)
    await log.close()
  })
})
