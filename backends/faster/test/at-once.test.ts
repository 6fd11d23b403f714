import { expect } from 'chai'
import { REGION_NAME } from '../src/ring/ring-layout.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { newDisk, openEngineOn, openImage, openOn, shownBy, valueOf } from './support/open-log.js'

const SMALL = { segmentBytes: 8192, regionBytes: 64 * 1024 }
const ballot = (round: number) => ({ round, nodeId: 1 })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Nothing is written in the background any more. */
async function atRest(disk: MemoryDisk): Promise<void> {
  for (let seen = -1, turns = 0; turns < 20; turns++) {
    if (disk.operations.length !== seen) turns = 0
    seen = disk.operations.length
    await turn()
  }
}

describe('faster: writes at once', () => {
  it('are not undone by a move of the older version that is under way', async () => {
    let waited = 0
    let isDuring = true
    // Once at each flush of the reclamation, until there is none left.
    for (let skipped = 0; isDuring; skipped++) {
      const disk = await newDisk()
      const about = { options: SMALL, durability: { accept: 'process-crash' } as const }
      const engine = await openEngineOn(disk, { created: true, cleanClose: true, ...about })
      const accept = (slot: number, round: number): Promise<void> => {
        const value = valueOf(slot, round)
        const proposal = { slot, ballot: ballot(round), value, proof: undefined }
        return engine.write([{ kind: 'accept', ...proposal }], 'power-loss')
      }
      // One live entry in segments that are garbage otherwise.
      await accept(0, 1)
      for (let round = 1; round < 400; round++) await accept(1, round)
      await atRest(disk)
      let isDone = false
      let flushes = 0
      const attempt = (): void => {
        if (isDone || flushes++ < skipped) return
        isDone = engine.atOnce.accept(0, ballot(2), valueOf(0, 2), undefined)
        if (!isDone) waited++
      }
      disk.beforeOperation = ({ kind }) => {
        if (kind === 'flush') attempt()
      }
      await engine.reclaim()
      isDuring = isDone
      while (!isDone) {
        attempt()
        await turn()
      }
      const read = engine.read(0)
      expect(read !== 'damaged' && read.ballot.round, `after ${skipped} flushes`).equal(2)
      const crashed = await openImage(disk.copy(), { options: SMALL })
      expect((await shownBy(crashed)).get(0)).equal('accepted 2')
      await engine.close()
      const closed = await openOn(new MemoryDisk(disk.copy()), { cleanClose: true, options: SMALL })
      expect((await shownBy(closed)).get(0)).equal('accepted 2')
    }
    expect(waited, 'some had to wait').greaterThan(0)
  })

  it('lend a value that stays what it was while the region goes on', async () => {
    const disk = await newDisk()
    const engine = await openEngineOn(disk, {
      ...{ created: true, cleanClose: true, options: SMALL },
      durability: { accept: 'process-crash' },
    })
    for (let slot = 0; slot < 2_000; slot++) {
      while (!engine.atOnce.accept(slot, ballot(1), valueOf(slot, 1), undefined)) await turn()
      for (const asked of [slot, slot >> 1, slot >> 3]) {
        const value = engine.borrowValue(asked)
        expect(value !== 'damaged' && valueOf(asked, 1).equals(value), `slot ${asked} at ${slot}`).equal(true)
      }
    }
    await engine.close()
  })

  it('leave what is larger than a quarter of the region to the tail', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    const value = valueOf(0, 1, SMALL.regionBytes / 4)
    await log.accept({ slot: 1, ballot: ballot(1), value: valueOf(1, 1) }, { survives: 'process-crash' })
    expect(() => log.syncWrites?.accept({ slot: 0, ballot: ballot(1), value })).throws(/would have to wait/)
    await log.accept({ slot: 0, ballot: ballot(1), value }, { survives: 'process-crash' })
    expect((await log.readAccepted(0))?.value.byteLength).equal(value.byteLength)
    const crashed = await openImage(disk.copy(), { options: SMALL })
    expect(crashed.bounds().acceptedCount).equal(2)
  })

  it('are no lost votes when the process dies while a segment begins', async () => {
    const disk = await newDisk()
    const about = { options: SMALL, durability: { accept: 'process-crash' } as const }
    const engine = await openEngineOn(disk, { created: true, cleanClose: true, ...about })
    const crashes: { readonly slot: number; readonly image: DiskImage }[] = []
    let created = 0
    let next = 1000
    disk.beforeOperation = (operation) => {
      const isSegment = operation.kind === 'rename' && operation.to.startsWith('tail-')
      if (
        operation.kind === 'rename' &&
        isSegment &&
        engine.atOnce.accept(++next, ballot(1), valueOf(next, 1), undefined)
      ) {
        created++
        crashes.push({ slot: next, image: disk.copy() })
      }
    }
    for (let slot = 0; slot < 300; slot++) {
      const entry = { slot, ballot: ballot(1), value: valueOf(slot, 1), proof: undefined }
      await engine.write([{ kind: 'accept', ...entry }], 'power-loss')
    }
    expect(created, 'segments began').greaterThan(2)
    disk.beforeOperation = () => undefined
    await engine.close()
    for (const { slot, image } of crashes) {
      const log = await openImage(image, { options: SMALL })
      expect(log.recovery.votesLost, `slot ${slot}`).equal(false)
      expect((await shownBy(log)).get(slot)).equal('accepted 1')
    }
  })

  it('take no durable vote away that is given up while they replace it', async () => {
    let replaced = 0
    for (let skipped = 0; skipped < 12; skipped++) {
      const disk = await newDisk()
      const engine = await openEngineOn(disk, { created: true, cleanClose: true, options: SMALL })
      const accept = (slot: number, round: number): Promise<void> => {
        const entry = { slot, ballot: ballot(round), value: valueOf(slot, round), proof: undefined }
        return engine.write([{ kind: 'accept', ...entry }], 'power-loss')
      }
      await accept(0, 1)
      for (let round = 1; round < 400; round++) await accept(1, round)
      await atRest(disk)
      // The ring is there.
      while (!engine.atOnce.decide(5, ballot(1), valueOf(5, 1), undefined)) await turn()
      let operations = 0
      disk.beforeOperation = ({ kind }) => {
        if (kind !== 'flush' || operations++ !== skipped) return
        if (engine.atOnce.decide(0, ballot(2), valueOf(0, 2), undefined)) replaced++
      }
      await engine.reclaim()
      const image = disk.copy()
      image.names.delete(REGION_NAME)
      const log = await openImage(image, { options: SMALL, sameBoot: false })
      expect((await shownBy(log)).get(0), `after ${skipped} flushes`).oneOf(['accepted 1', 'decided 2'])
      disk.beforeOperation = () => undefined
      await engine.close()
    }
    expect(replaced, 'some replaced it').greaterThan(0)
  })
})
