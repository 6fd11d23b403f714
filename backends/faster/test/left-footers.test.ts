import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { recover } from '../src/recovery.js'
import { ballot, filesOf, SMALL } from './support/closed-log.js'
import { crashStates, durably } from './support/crash-states.js'
import { closedOnce, isFooterThere, learn, reopen } from './support/left-footer.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { CLOSED, LOG_ID, newDisk, openOn, shownBy } from './support/open-log.js'
import { everyNth } from './support/thorough.js'

const NUMBER_BYTES = 8
/** The index is read in pieces of this many bytes. */
const PIECE_BYTES = 256 * 1024

describe('faster: the footer that a close left at the end of a log', () => {
  it('is neither read whole nor written anew by an open and a close without a write', async () => {
    const read: number[] = []
    for (const decisions of [1_000, 16_000]) {
      const disk = new MemoryDisk((await closedOnce(decisions, 3)).copy())
      const before = disk.copy()
      const events: string[] = []
      const log = await openOn(disk, { cleanClose: true }, events)
      expect(log.recovery).deep.include({ decisions, accepted: 3, damaged: [] })
      read.push(disk.bytesRead)
      await log.close()
      expect(disk.copy().inodes, 'no byte has changed').deep.equal(before.inodes)
      expect(events).includes('markClean')
      const again = await reopen(disk)
      expect((await shownBy(again)).size).equal(decisions + 3)
    }
    expect(read[1]).equal(read[0])
  })

  it('is closed anew where the session before did not end, or where something was written', async () => {
    const killed = new MemoryDisk((await closedOnce(20)).copy())
    await openOn(killed, { cleanClose: true })
    const second = await openOn(killed, { cleanClose: false })
    const operations = killed.operations.length
    await second.close()
    expect(killed.operations.slice(operations).some(({ kind }) => kind === 'write')).equal(true)
    const third = await reopen(killed)
    await third.learn(learn(20))
    expect(isFooterThere(killed.image)).equal(false)
    await third.close()
    expect(isFooterThere(killed.image)).equal(true)
    const fourth = await reopen(killed)
    expect(fourth.recovery).deep.include({ decisions: 21, damaged: [] })
    expect((await shownBy(fourth)).size).equal(21)
    expect((await fourth.verify()).ok).equal(true)
  })

  it('is cut when its index is in memory, before the first append', async () => {
    const disk = new MemoryDisk((await closedOnce(4_000, 2)).copy())
    const log = await reopen(disk)
    expect((await log.readAccepted(4_001))?.ballot).deep.equal(ballot(1))
    const other = new MemoryDisk(disk.copy())
    const unread = await reopen(other)
    const opened = other.bytesRead
    const done: string[] = []
    other.beforeOperation = ({ kind }) => {
      if (done.length === 0) expect(other.bytesRead - opened).least(4_000 * NUMBER_BYTES)
      done.push(kind)
    }
    await unread.learn(learn(4_002))
    expect(done.slice(0, 3)).deep.equal(['truncate', 'flush', 'write'])
    other.beforeOperation = () => undefined
    expect((await shownBy(unread)).size).equal(4_003)
    await unread.commit({ slot: 4_000, ballot: ballot(1) })
    await unread.discard({ from: 4_001 })
    const shown = await shownBy(unread)
    expect([shown.size, shown.get(4_000)]).deep.equal([4_002, 'decided 1'])
    await unread.close()
    expect(await shownBy(await reopen(other))).deep.equal(shown)
  })

  it('answers at once while it is being read a piece at a time', async () => {
    const slots = (2 * PIECE_BYTES) / NUMBER_BYTES + 1_000
    const disk = new MemoryDisk((await closedOnce(slots)).copy())
    const about = { logId: LOG_ID, firstSlot: 0, spareSegments: 0, segmentBytes: 64 * 1024 * 1024, ...CLOSED }
    const { table } = await recover({ files: disk.folder(''), ...about })
    const [index] = table.sealed
    const taking = index!.take()
    expect(taking.next().done).equal(false)
    const address = table.get(slots - 1)
    expect(address).above(0)
    expect(taking.next().done).equal(false)
    while (!taking.next().done);
    expect([...table.entries(slots - 1, slots)]).deep.equal([[slots - 1, address]])
    const taken = disk.bytesRead
    expect(table.get(0)).above(0)
    expect(index!.isFooterIntact()).equal(true)
    expect(disk.bytesRead, 'nobody reads it again').equal(taken)
  })

  it('loses nothing at a power cut at any operation of the first writes', async function () {
    this.timeout(120_000)
    const closed = (await closedOnce(12, 3, SMALL)).copy()
    for (const isWeak of [false, true]) {
      const disk = new MemoryDisk(new MemoryDisk(closed).copy())
      const log = await reopen(disk, { options: SMALL })
      const acknowledged: { readonly slot: number; readonly after: number }[] = []
      for (const slot of [15, 16]) {
        await log.learn(learn(slot), isWeak ? { survives: 'process-crash' } : {})
        if (isWeak) await log.flush()
        acknowledged.push({ slot, after: disk.operations.length })
      }
      await log.commit({ slot: 12, ballot: ballot(1) })
      await log.close()
      const before = durably(closed)
      const isChosen = everyNth(4)
      for (const { after, image } of crashStates([...before, ...disk.operations], 7, before.length)) {
        if (!isChosen()) continue
        const recovered = await openOn(new MemoryDisk(image), { sameBoot: false, options: SMALL })
        expect(recovered.recovery).deep.include({ damaged: [], votesLost: false })
        const shown = await shownBy(recovered)
        for (let slot = 0; slot < 15; slot++) expect(shown.has(slot), `slot ${slot}`).equal(true)
        for (const { slot, after: at } of acknowledged)
          if (after >= before.length + at) expect(shown.has(slot), `slot ${slot}`).equal(true)
        expect(recovered.bounds().committedCount).least(12)
      }
    }
  })

  it('counts as the end of a closed log until the first write, which a kill at any operation shows', async () => {
    const closed = (await closedOnce(12, 3, SMALL)).copy()
    for (const isWeak of [false, true]) {
      const disk = new MemoryDisk(new MemoryDisk(closed).copy())
      const events: string[] = []
      const killed: { readonly image: DiskImage; readonly cleanClose: boolean; readonly to: number }[] = []
      let to = 15
      const kill = (): void => {
        killed.push({ image: disk.copy(), cleanClose: !events.includes('beginChanges'), to })
      }
      disk.beforeOperation = kill
      const log = await openOn(disk, { cleanClose: true, options: SMALL }, events)
      expect((await shownBy(log)).size).equal(15)
      expect(events, 'nothing has changed').deep.equal([])
      kill()
      for (const slot of [15, 16, 17]) {
        await log.learn(learn(slot), isWeak ? { survives: 'process-crash' } : {})
        to = slot + 1
        kill()
        await new Promise((resolve) => setImmediate(resolve))
      }
      await log.close()
      expect(new Set(killed.map(({ cleanClose }) => cleanClose)).size).equal(2)
      for (const { image, cleanClose, to: end } of killed) {
        const again = await openOn(new MemoryDisk(image), { cleanClose, options: SMALL })
        expect(again.recovery).deep.include({ damaged: [], votesLost: false })
        const shown = await shownBy(again)
        for (let slot = 0; slot < end; slot++) expect(shown.has(slot), `slot ${slot}`).equal(true)
        expect((await again.verify()).ok).equal(true)
      }
    }
  })

  it('stands below what the mutable region got meanwhile, and goes when a crash made a segment of that', async () => {
    const disk = new MemoryDisk((await closedOnce(40, 3)).copy())
    const log = await reopen(disk)
    for (let slot = 43; slot < 46; slot++) {
      await log.learn(learn(slot), { survives: 'process-crash' })
      // The ring is there for the next one at the latest.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const before = await shownBy(log)
    const crashed = disk.copy()
    for (const state of [crashed, new MemoryDisk(crashed).copy()]) {
      const again = new MemoryDisk(state)
      const recovered = await openOn(again)
      expect(await shownBy(recovered)).deep.equal(before)
      expect((await recovered.verify()).ok).equal(true)
      const image = again.copy()
      await recovered.close()
      expect(await shownBy(await reopen(again))).deep.equal(before)
      expect(await shownBy(await openOn(new MemoryDisk(image)))).deep.equal(before)
    }
  })

  it('is compacted before anything else is written', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    for (let slot = 0; slot < 200; slot++) await log.learn(learn(slot))
    await log.close()
    const again = await reopen(disk, { options: SMALL })
    const segments = filesOf(disk.image).length
    await again.compact({ before: 198, withoutCheckpoint: true })
    expect([...(await shownBy(again)).keys()]).deep.equal([198, 199])
    expect((await again.verify()).ok).equal(true)
    expect(filesOf(disk.image).length).below(segments)
    await again.compact({ before: 200, withoutCheckpoint: true })
    await again.close()
    const third = await reopen(disk, { options: SMALL })
    expect(third.bounds()).include({ compactedBefore: 200, nextSlot: 200, committedCount: 0 })
  })

  it('stands while a commit of what it tells of goes to the ring, and is there after a kill', async () => {
    const disk = new MemoryDisk((await closedOnce(10, 3)).copy())
    const log = await reopen(disk)
    const commit = (slot: number): void => log.syncWrites!.commit({ slot, ballot: ballot(1) })
    expect(() => commit(10)).throws(/would have to wait/)
    await new Promise((resolve) => setImmediate(resolve))
    commit(10)
    commit(11)
    expect(isFooterThere(disk.image)).equal(true)
    const killed = new MemoryDisk(disk.copy())
    const recovered = await openOn(killed)
    const shown = await shownBy(recovered)
    expect([10, 11, 12].map((slot) => shown.get(slot))).deep.equal(['decided 1', 'decided 1', 'accepted 1'])
    const mayAccept = (): boolean => {
      try {
        log.syncWrites!.accept(learn(13))
        return true
      } catch (error) {
        if (!isPersistentLogError(error, 'PLOG_BUSY')) throw error
        return false
      }
    }
    expect(mayAccept(), 'it has to be announced in the tail').equal(false)
    while (!mayAccept()) await new Promise((resolve) => setImmediate(resolve))
    expect(isFooterThere(disk.image)).equal(false)
    const after = await shownBy(log)
    expect(after.size).equal(14)
    await log.close()
    expect(await shownBy(await reopen(disk))).deep.equal(after)
  })
})
