import { isDeepStrictEqual } from 'node:util'
import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { MemoryDisk } from './support/memory-disk.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'
import { everyNth } from './support/thorough.js'

import type { ClosedLog } from './support/closed-log.js'
import {
  SMALL,
  ballot,
  closedLog,
  opened,
  filesOf,
  changed,
  expectHonest,
  refusalOf,
} from './support/closed-log.js'

describe('faster: rot', () => {
  it('locates every flipped byte of a closed log, and salvages what is intact', async function () {
    this.timeout(180_000)
    const closed = await closedLog()
    expect(filesOf(closed.image).length).greaterThan(1)
    const lostSlots: number[] = []
    const isChosen = everyNth(10)
    for (const name of filesOf(closed.image)) {
      const length = closed.image.inodes.get(closed.image.names.get(name) ?? -1)?.byteLength ?? 0
      for (let at = 0; at < length; at++) {
        if (!isChosen()) continue
        const flip = (bytes: Buffer): Buffer => {
          bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
          return bytes
        }
        const error = await refusalOf(opened(changed(closed, name, flip), { cleanClose: true }))
        expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `${name}:${at} is refused`).equal(true)
        if (!isPersistentLogError(error)) continue
        expect(error.context.file, `${name}:${at}`).equal(`engine/${name}`)
        expect(error.context.offset).within(0, at)
        const salvaged = await opened(changed(closed, name, flip), { cleanClose: true, recovery: 'salvage' })
        expect(salvaged.recovery.damaged).not.deep.equal([])
        await expectHonest(salvaged, closed)
        const lost = closed.shown.size - (await shownBy(salvaged)).size
        lostSlots.push(lost)
      }
    }
    const most = Math.max(...lostSlots)
    expect(most, 'one flipped byte costs at most the slots of its group').within(1, 2)
  })

  it('never forgets a vote silently when the mutable region of a crashed process rots', async function () {
    this.timeout(120_000)
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    for (const round of [1, 2]) {
      for (let slot = 0; slot < 6; slot++) {
        const proposal = { slot, ballot: ballot(round), value: valueOf(slot, round) }
        await log.accept(proposal, { survives: 'process-crash' })
      }
    }
    const crashed: ClosedLog = { image: disk.copy(), shown: await shownBy(log) }
    const whole = await opened(
      changed(crashed, 'region', (bytes) => bytes),
      {},
    )
    expect(await shownBy(whole)).deep.equal(crashed.shown)
    expect(whole.recovery.votesLost).equal(false)
    const length = crashed.image.inodes.get(crashed.image.names.get('region') ?? -1)?.byteLength ?? 0
    let refused = 0
    const isChosen = everyNth(8)
    for (let at = 0; at < Math.min(length, 8192); at++) {
      if (!isChosen()) continue
      const flip = (bytes: Buffer): Buffer => {
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
        return bytes
      }
      const strict = await refusalOf(opened(changed(crashed, 'region', flip), {}))
      const salvaged = await opened(changed(crashed, 'region', flip), { recovery: 'salvage' })
      const isComplete = isDeepStrictEqual(await shownBy(salvaged), crashed.shown)
      expect(isComplete || salvaged.recovery.votesLost, `region:${at}`).equal(true)
      expect(isPersistentLogError(strict, 'PLOG_CORRUPTED'), `region:${at}`).equal(
        salvaged.recovery.votesLost,
      )
      if (strict !== undefined) refused++
    }
    expect(refused).greaterThan(100)
    const gone = new MemoryDisk(crashed.image).copy()
    gone.names.delete('region')
    expect(isPersistentLogError(await refusalOf(opened(gone, {})), 'PLOG_CORRUPTED')).equal(true)
  })

  it('is as honest about groups in which slots were accepted and decided at once', async function () {
    this.timeout(60_000)
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.promise(ballot(1))
    await log.configuration.store('vote', { version: 1, value: Buffer.from('me') })
    const first = log.accept({ slot: 9, ballot: ballot(1), value: valueOf(9, 1) })
    const rest = [0, 1, 2].flatMap((slot) => [
      log.accept({ slot, ballot: ballot(1), value: valueOf(slot, 1) }),
      log.commit({ slot, ballot: ballot(1) }),
      log.accept({ slot: slot + 3, ballot: ballot(1), value: valueOf(slot + 3, 1) }),
      log.accept({ slot: slot + 3, ballot: ballot(2), value: valueOf(slot + 3, 2) }),
    ])
    await Promise.all([first, ...rest])
    const shown = await shownBy(log)
    await log.close()
    const closed: ClosedLog = { image: disk.copy(), shown }
    const { image } = closed
    const [name = ''] = filesOf(image)
    const length = image.inodes.get(image.names.get(name) ?? -1)?.byteLength ?? 0
    for (let at = 0; at < length; at++) {
      const flipped = changed(closed, name, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 0xff
        return bytes
      })
      await expectHonest(await opened(flipped, { cleanClose: true, recovery: 'salvage' }), closed)
    }
  })

  it('finds damage that appears while it is open by read and by verify', async () => {
    const { image } = await closedLog()
    const disk = new MemoryDisk(image)
    const log = await openOn(disk, { cleanClose: true, options: SMALL })
    const [name = ''] = filesOf(image)
    const bytes = disk.image.inodes.get(disk.image.names.get(name) ?? -1) ?? Buffer.alloc(0)
    const at = bytes.indexOf('slot 5 round 1')
    bytes[at] = 0x53
    const report = await log.verify()
    expect(report.damaged.map(({ slots }) => slots)).deep.equal([{ from: 5, to: 6 }])
    expect(isPersistentLogError(await refusalOf(log.read(5) as never), 'PLOG_CORRUPTED')).equal(true)
    expect((await log.read(4))?.value.byteLength).equal(40)
  })

  it('finds a damaged checkpoint when it is read, and falls back', async () => {
    const { image } = await closedLog()
    const blob = [...image.names.keys()].find((name) => name.endsWith('.blob')) ?? ''
    const length = image.inodes.get(image.names.get(blob) ?? -1)?.byteLength ?? 0
    for (let at = 0; at < length; at++) {
      const copy = new MemoryDisk(image).copy()
      const bytes = copy.inodes.get(copy.names.get(blob) ?? -1) ?? Buffer.alloc(0)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      const log = await opened(copy, { cleanClose: true })
      let error: unknown
      try {
        for await (const chunk of log.checkpoints.read(4)) expect(chunk.byteLength).greaterThan(0)
      } catch (reason) {
        error = reason
      }
      expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `byte ${at}`).equal(true)
    }
  })

  it('takes a checkpoint whose file cannot be opened for the time being for no damaged one', async () => {
    const { image } = await closedLog()
    const disk = new MemoryDisk(image)
    const folder = disk.folder.bind(disk)
    let isOut = false
    disk.folder = (name) => {
      const files = folder(name)
      const open = files.open.bind(files)
      files.open = (file) =>
        isOut ? Promise.reject(Object.assign(new Error('EMFILE'), { code: 'EMFILE' })) : open(file)
      return files
    }
    const log = await openOn(disk, { cleanClose: true, options: SMALL })
    const read = async (): Promise<string> => {
      let text = ''
      for await (const chunk of log.checkpoints.read(4)) text += Buffer.from(chunk).toString()
      return text
    }
    isOut = true
    expect(isPersistentLogError(await refusalOf(read() as never), 'PLOG_IO')).equal(true)
    isOut = false
    expect(await read()).equal('state below 4')
    expect(await log.checkpoints.list()).to.have.length(1)
    await log.compact({ before: 4 })
  })

  it('keeps the point, whichever byte of the record that moved it is flipped', async function () {
    this.timeout(30_000)
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 4; slot++) await log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    await log.compact({ before: 3, withoutCheckpoint: true })
    await log.close()
    const image = disk.copy()
    const [name = ''] = filesOf(image)
    const length = image.inodes.get(image.names.get(name) ?? -1)?.byteLength ?? 0
    for (let at = 0; at < length; at++) {
      const rotten = changed({ image, shown: new Map() }, name, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 0x10
        return bytes
      })
      const salvaged = await openOn(new MemoryDisk(rotten), { cleanClose: true, recovery: 'salvage' })
      expect(salvaged.bounds().compactedBefore, `byte ${at}`).equal(3)
    }
  })
})
