import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { allSealed, turn } from './support/all-sealed.js'
import { ballot, filesOf } from './support/closed-log.js'
import {
  allCompressed,
  COMPRESSED,
  compressedIn,
  compressedLog,
  isCompressed,
  learn,
  learnAll,
} from './support/compressed.js'
import { crashStates } from './support/crash-states.js'
import { MemoryDisk } from './support/memory-disk.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'
import { ThreadCaller } from './support/thread-caller.js'
import { valueOf as valueOfThread } from './support/thread-values.js'
import { everyNth } from './support/thorough.js'

async function compressedOn(directory: string): Promise<string[]> {
  const engine = join(directory, 'engine')
  const names = (await readdir(engine)).filter((name) => /^tail-\d+\.log$/.test(name))
  const heads = await Promise.all(names.map((name) => readFile(join(engine, name))))
  return names.filter((_, at) => isCompressed(heads[at]!))
}

describe('faster: compressed segments', () => {
  it('compresses what is sealed, and shows and verifies the same, open, opened again and after a crash', async () => {
    const { disk, log } = await compressedLog()
    expect(compressedIn(disk.image).length).greaterThan(2)
    const shown = await shownBy(log)
    expect(shown.size).equal(140)
    expect(await log.verify()).deep.include({ ok: true, damaged: [] })
    for (const slot of [100, 101]) await log.commit({ slot, ballot: ballot(1) })
    const now = await shownBy(log)
    expect(now.get(100)).equal('decided 1')

    const crashed = await openOn(new MemoryDisk(disk.copy()), { options: COMPRESSED })
    expect(await shownBy(crashed)).deep.equal(now)
    await log.close()
    for (const options of [COMPRESSED, { ...COMPRESSED, compression: false }]) {
      const again = await openOn(new MemoryDisk(disk.copy()), { cleanClose: true, options })
      expect(again.recovery.damaged).deep.equal([])
      expect(await shownBy(again)).deep.equal(now)
      expect((await again.verify()).ok).equal(true)
      await learnAll(again, 140, 200)
      expect((await shownBy(again)).size).equal(200)
    }
  })

  it('opens a closed log of compressed segments by their footers', async () => {
    const disk = await newDisk()
    const options = { ...COMPRESSED, segmentBytes: 128 * 1024 }
    const log = await openOn(disk, { created: true, cleanClose: true, options })
    for (let from = 0; from < 8_000; from += 100) {
      await log.learnAll(Array.from({ length: 100 }, (_, at) => learn(from + at)))
    }
    await allCompressed(disk)
    await log.close()
    expect(compressedIn(disk.image)).length.greaterThan(4)
    const closed = new MemoryDisk(disk.copy())
    const again = await openOn(closed, { cleanClose: true, options })
    expect(closed.bytesRead).below(8_000 * 100 * 0.1)
    expect((await again.read(4_321))?.value).deep.equal(new Uint8Array(valueOf(4_321, 1)))
    expect((await shownBy(again)).size).equal(8_000)
  })

  it('loses nothing at any operation of the disk, whatever of it a power cut leaves', async function () {
    this.timeout(180_000)
    const disk = await newDisk()
    const acknowledged: { readonly after: number; readonly slot: number }[] = []
    const log = await openOn(disk, { created: true, cleanClose: true, options: COMPRESSED })
    const begun = disk.operations.length
    const learnOne = async (slot: number): Promise<void> => {
      await log.learn(learn(slot))
      acknowledged.push({ after: disk.operations.length - 1, slot })
    }
    for (let slot = 0; slot < 60; slot++) await learnOne(slot)
    await allCompressed(disk)
    for (let slot = 60; slot < 90; slot++) {
      await learnOne(slot)
      await turn()
    }
    await allCompressed(disk)
    await log.compact({ before: 25, withoutCheckpoint: true })
    const compacted = disk.operations.length - 1
    for (let slot = 90; slot < 110; slot++) await learnOne(slot)
    await log.close()
    const replaced = disk.operations.filter(({ kind }) => kind === 'rename')
    expect(replaced.length).greaterThan(8)

    let states = 0
    const isChosen = everyNth(8)
    for (const { after, image } of crashStates(disk.operations, 1, begun)) {
      if (!isChosen()) continue
      states++
      const again = await openOn(new MemoryDisk(image), { sameBoot: false, options: COMPRESSED })
      const shown = await shownBy(again)
      const { compactedBefore } = again.bounds()
      expect(compactedBefore, `after ${after}`).least(after >= compacted ? 25 : 0)
      for (const { after: since, slot } of acknowledged) {
        if (since > after || slot < compactedBefore) continue
        expect(shown.get(slot), `slot ${slot}, after operation ${after}`).equal('decided 1')
      }
    }
    expect(states).greaterThan(100)
  })

  it('stays as it is on a device that has no room for the copy, and goes on', async () => {
    const disk = await newDisk()
    disk.beforeOperation = (operation) => {
      const isCopy = operation.kind === 'create' && /tail-\d+\.log\.new$/.test(operation.name)
      const isSecond = isCopy && filesOf(disk.image).includes(operation.name.replace('.new', ''))
      if (isSecond) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    const log = await openOn(disk, { created: true, cleanClose: true, options: COMPRESSED })
    await learnAll(log, 0, 80)
    await allSealed(disk)
    expect(compressedIn(disk.image)).deep.equal([])
    expect((await shownBy(log)).size).equal(80)
    await log.close()
    disk.beforeOperation = () => undefined
    const again = await openOn(disk, { cleanClose: true, options: COMPRESSED })
    await learnAll(again, 80, 140)
    await allCompressed(disk)
    expect((await shownBy(again)).size).equal(140)
    await again.close()
  })

  it('leaves no draft behind where a write or a flush of the copy fails', async () => {
    for (const kind of ['write', 'flush', 'rename', 'sync-directory'] as const) {
      const disk = await newDisk()
      const { openFiles } = disk
      const log = await openOn(disk, { created: true, cleanClose: true, options: COMPRESSED })
      let copying = false
      let failed = 0
      disk.beforeOperation = (operation) => {
        if (operation.kind === 'create') {
          copying =
            /tail-\d+\.log\.new$/.test(operation.name) &&
            filesOf(disk.image).includes(operation.name.replace('.new', ''))
        }
        if (!copying || operation.kind !== kind) return
        copying = false
        failed++
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      }
      await learnAll(log, 0, 60)
      while (failed === 0) await turn()
      for (let time = 0; time < 5; time++) await turn()
      disk.beforeOperation = () => undefined
      expect((await shownBy(log)).size, kind).equal(60)
      expect(
        filesOf(disk.image).filter((name) => name.endsWith('.new')),
        kind,
      ).deep.equal([])
      expect(failed, kind).equal(1)
      await log.close()
      expect(disk.openFiles, kind).equal(openFiles)
      const again = await openOn(disk, { cleanClose: true, options: COMPRESSED })
      expect((await shownBy(again)).size, kind).equal(60)
      await again.close()
    }
  })

  it('is read by threads, that attached before and after it was compressed', async function () {
    this.timeout(60_000)
    const directory = await mkdtemp(join(tmpdir(), 'plog-'))
    const threads: ThreadCaller[] = []
    try {
      const log = await openDirectoryLog(directory, { segmentBytes: 64 * 1024, compression: true })
      const decide = async (from: number, to: number): Promise<void> => {
        const value = (at: number): Buffer => valueOfThread(from + at)
        const decisions = Array.from({ length: to - from }, (_, at) => ({
          ...learn(from + at),
          value: value(at),
        }))
        await log.learnAll(decisions)
      }
      const expectSlots = async (thread: ThreadCaller, to: number): Promise<void> => {
        for (let slot = 0; slot < to; slot += 97) {
          expect(await thread.call('borrow', slot), `slot ${slot}`).equal(valueOfThread(slot).toString())
        }
      }
      await decide(0, 1_000)
      threads.push(await ThreadCaller.attach(log))
      await expectSlots(threads[0]!, 1_000)
      for (let from = 1_000; from < 6_000; from += 500) {
        await decide(from, from + 500)
        await expectSlots(threads[0]!, from + 500)
      }
      while ((await compressedOn(directory)).length < 5) await turn()
      threads.push(await ThreadCaller.attach(log))
      for (const thread of threads) await expectSlots(thread, 6_000)
      await log.compact({ before: 3_000, withoutCheckpoint: true })
      for (const thread of threads) {
        expect(await thread.call('borrow', 5_999)).equal(valueOfThread(5_999).toString())
      }
      await log.close()
    } finally {
      await Promise.all(threads.map((thread) => thread.end()))
      await rm(directory, { recursive: true, force: true })
    }
  })

  for (const mmap of ['required', 'off'] as const) {
    it(`lends what it lent before a segment was compressed, and takes less room, mmap ${mmap}`, async function () {
      this.timeout(60_000)
      const directory = await mkdtemp(join(tmpdir(), 'plog-'))
      try {
        const about = { mmap, segmentBytes: 256 * 1024, compression: true }
        const log = await openDirectoryLog(directory, about)
        const expectLent = (): void => {
          for (let slot = 0; slot < 8_000; slot += 7) {
            const text = log.borrowedReads?.read(slot, (value) => Buffer.from(value).toString())
            expect(text).equal(valueOf(slot, 1).toString())
          }
        }
        for (let from = 0; from < 8_000; from += 100) {
          await log.learnAll(Array.from({ length: 100 }, (_, at) => learn(from + at)))
          for (let slot = from; slot < from + 100; slot++)
            log.borrowedReads?.read(slot, (value) => value.length)
        }
        const engine = join(directory, 'engine')
        const sizes = async (): Promise<number[]> => {
          const names = (await readdir(engine)).filter((name) => /^tail-\d+\.log$/.test(name)).sort()
          return Promise.all(names.map(async (name) => (await stat(join(engine, name))).size))
        }
        // Behind the active one, each is a third of what it was.
        while ((await sizes()).slice(0, -1).some((size) => size > 128 * 1024)) {
          expectLent()
          await turn()
        }
        expectLent()
        expect((await log.verify()).ok).equal(true)
        await log.close()
        const again = await openDirectoryLog(directory, about)
        expect((await shownBy(again)).size).equal(8_000)
        await again.close()
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    })
  }
})
