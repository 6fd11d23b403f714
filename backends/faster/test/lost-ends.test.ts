import { mkdir, mkdtemp, rm, rmdir, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { UNSEALED_NAME } from '../src/sealing/sealer.js'
import { MemoryDisk } from './support/memory-disk.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'

import {
  SMALL,
  ballot,
  closedLog,
  opened,
  filesOf,
  changed,
  refusalOf,
  withoutFooters,
} from './support/closed-log.js'

describe('faster: lost ends and torn tails', () => {
  it('keeps the ballot of the point when what moved it is written anew behind the groups of a crash', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.checkpoints.install(1, Buffer.from('state'), { ballot: ballot(4) })
    await log.promise(ballot(5))
    const crashed = new MemoryDisk(disk.copy())
    const recovered = await openOn(crashed, { sameBoot: false })
    // Retires the segment that the crash left: the point is restated behind the promise that recovery wrote anew.
    await recovered.compact({ before: 0 })
    const again = await openOn(new MemoryDisk(crashed.copy()), { sameBoot: false })
    expect(again.bounds()).include({ compactedBefore: 1 })
    expect(again.bounds().compactedBallot).deep.equal(ballot(4))
  })

  it('remembers over every later open that the end of a closed log is missing, until it is repaired', async () => {
    const disk = await newDisk()
    const first = await openOn(disk, { created: true, cleanClose: true })
    for (const slot of [0, 1]) await first.accept({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    const withoutEnd = disk.copy()
    await first.commit({ slot: 0, ballot: ballot(1) })
    await first.close()
    const rotten = new MemoryDisk(withoutEnd)
    for (const cleanClose of [true, true, false, true]) {
      const log = await openOn(rotten, { cleanClose, recovery: 'salvage' })
      expect(log.status.votesLost).equal(true)
      expect([...(await shownBy(log)).keys()], 'what was decided behind is not shown as open').deep.equal([])
      expect(log.bounds().damagedCount).equal(2)
      if (cleanClose) await log.close()
    }
    expect(isPersistentLogError(await refusalOf(openOn(rotten, {})), 'PLOG_CORRUPTED')).equal(true)
    const repaired = await openOn(rotten, { recovery: 'salvage' })
    for (const slot of [0, 1]) await repaired.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    await repaired.close()
    const strict = await openOn(rotten, { cleanClose: true })
    expect([...(await shownBy(strict)).values()]).deep.equal(['decided 1', 'decided 1'])
  })

  it('refuses a damaged end as often as it is opened: a refusal does not undo the clean close', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'plog-'))
    try {
      const log = await openDirectoryLog(directory)
      for (const slot of [0, 1]) await log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
      await log.close()
      const file = join(directory, 'engine', 'tail-0000000001.log')
      await truncate(file, (await stat(file)).size - 400)
      for (const time of ['first', 'second', 'third']) {
        const error = await refusalOf(openDirectoryLog(directory))
        expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `the ${time} time`).equal(true)
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('refuses a log that was closed twice and lacks the second', async () => {
    const disk = await newDisk()
    const first = await openOn(disk, { created: true, cleanClose: true })
    await first.learn({ slot: 0, ballot: ballot(1), value: valueOf(0, 1) })
    await first.close()
    const [name = ''] = filesOf(disk.image)
    const second = await openOn(disk, { cleanClose: true })
    await second.learn({ slot: 1, ballot: ballot(1), value: valueOf(1, 1) })
    const withoutEnd = disk.copy()
    await second.close()
    expect([...withoutEnd.names.keys()], 'one segment').include(name)
    const error = await refusalOf(opened(withoutEnd, { cleanClose: true }))
    expect(isPersistentLogError(error, 'PLOG_CORRUPTED')).equal(true)
  })

  it('refuses a log that was closed twice and is cut behind the first close', async () => {
    const disk = await newDisk()
    const first = await openOn(disk, { created: true, cleanClose: true })
    await first.accept({ slot: 0, ballot: ballot(1), value: valueOf(0, 1) })
    await first.close()
    const cutBehindFirst = withoutFooters(disk.copy())
    cutBehindFirst.names.delete(UNSEALED_NAME)
    const second = await openOn(disk, { cleanClose: true })
    await second.commit({ slot: 0, ballot: ballot(1) })
    await second.close()
    const error = await refusalOf(openOn(new MemoryDisk(cutBehindFirst), { cleanClose: true }))
    expect(isPersistentLogError(error, 'PLOG_CORRUPTED')).equal(true)
  })

  it('notices that the last segment of a closed log is gone, also when the one before was closed once', async () => {
    const disk = await newDisk()
    const first = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    await first.learn({ slot: 0, ballot: ballot(1), value: valueOf(0, 1, 3600) })
    await first.close()
    const second = await openOn(disk, { cleanClose: true, options: SMALL })
    for (const slot of [1, 2]) await second.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    await second.close()
    const image = disk.copy()
    const last = filesOf(image).sort().at(-1) ?? ''
    expect(last).equal('tail-0000000002.log')
    image.names.delete(last)
    const error = await refusalOf(opened(image, { cleanClose: true }))
    expect(isPersistentLogError(error, 'PLOG_CORRUPTED')).equal(true)
  })

  it('refuses a closed log that was cut anywhere, and salvages what is left', async function () {
    this.timeout(180_000)
    const closed = await closedLog()
    for (const name of filesOf(closed.image)) {
      const length = closed.image.inodes.get(closed.image.names.get(name) ?? -1)?.byteLength ?? 0
      for (let to = 0; to < length; to++) {
        const cut = (bytes: Buffer): Buffer => Buffer.from(bytes.subarray(0, to))
        const error = await refusalOf(opened(changed(closed, name, cut), { cleanClose: true }))
        expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `${name} cut to ${to}`).equal(true)
        if (to % 16 !== 0 || to < 256) continue
        const salvaged = await opened(changed(closed, name, cut), { cleanClose: true, recovery: 'salvage' })
        const shown = await shownBy(salvaged)
        for (const [slot, what] of shown)
          expect(closed.shown.get(slot)?.endsWith(what.slice(-2)), `${slot}`).equal(true)
      }
    }
  })

  it('refuses a log with a missing segment', async () => {
    const closed = await closedLog()
    for (const name of filesOf(closed.image)) {
      const image = new MemoryDisk(closed.image).copy()
      image.names.delete(name)
      const error = await refusalOf(opened(image, { cleanClose: true }))
      expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), name).equal(true)
    }
  })

  it('cuts an unproven torn tail at any length, says so, and keeps what was proven', async function () {
    this.timeout(180_000)
    const closed = await closedLog()
    const name = filesOf(closed.image).sort().at(-1) ?? ''
    const whole = closed.image.inodes.get(closed.image.names.get(name) ?? -1) ?? Buffer.alloc(0)
    for (let to = 256; to < whole.byteLength; to++) {
      const image = changed(closed, name, (bytes) => Buffer.from(bytes.subarray(0, to)))
      const log = await opened(image, { cleanClose: false, sameBoot: false })
      expect(log.recovery.ambiguous).equal(log.recovery.tornBytes > 0)
      for (const [slot, what] of await shownBy(log))
        expect(closed.shown.get(slot)?.endsWith(what.slice(-2)), `${slot}`).equal(true)
    }
  })

  it('is repaired by learn: a strict open succeeds after every damaged slot was learned', async () => {
    const closed = await closedLog()
    const [name = ''] = filesOf(closed.image)
    const at = closed.image.inodes.get(closed.image.names.get(name) ?? -1)?.indexOf('slot 3 round 1') ?? -1
    const image = changed(closed, name, (bytes) => {
      bytes[at] = 0x53
      return bytes
    })
    const disk = new MemoryDisk(image)
    const error = await refusalOf(openOn(disk, { cleanClose: true, options: SMALL }))
    expect(isPersistentLogError(error) && error.context.slots).deep.equal({ from: 3, to: 4 })

    const log = await openOn(disk, { cleanClose: true, recovery: 'salvage', options: SMALL })
    expect(log.recovery.damaged.map(({ slots }) => slots)).deep.equal([{ from: 3, to: 4 }])
    await log.close()
    // Not repaired yet: strict still refuses.
    expect(await refusalOf(openOn(disk, { cleanClose: true, options: SMALL }))).not.equal(undefined)

    const again = await openOn(disk, { cleanClose: true, recovery: 'salvage', options: SMALL })
    await again.learn({ slot: 3, ballot: ballot(1), value: valueOf(3, 1) })
    expect(await shownBy(again)).deep.equal(closed.shown)
    await again.close()
    const strict = await openOn(disk, { cleanClose: true, options: SMALL })
    expect([...(await shownBy(strict))].sort()).deep.equal([...closed.shown].sort())
    expect(strict.recovery.damaged).deep.equal([])
  })

  it('tells with PLOG_IO what the operating system refused at open', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'plog-'))
    try {
      await (await openDirectoryLog(directory)).close()
      await mkdir(join(directory, 'engine', 'tail-0000000002.log'))
      const error = await refusalOf(openDirectoryLog(directory))
      expect(isPersistentLogError(error, 'PLOG_IO')).equal(true)
      await rmdir(join(directory, 'engine', 'tail-0000000002.log'))
      await (await openDirectoryLog(directory)).close()
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('takes the part of a footer that a close could write before its device failed for no damage', async () => {
    let failed = 0
    for (let last = 1; ; last++) {
      const disk = await newDisk()
      const log = await openOn(disk, { created: true, cleanClose: true })
      for (let slot = 0; slot < 5; slot++)
        await log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
      let writes = 0
      disk.beforeOperation = ({ kind }) => {
        // The first one is the close itself.
        if (kind === 'write' && ++writes > last) throw Object.assign(new Error('EIO'), { code: 'EIO' })
      }
      await log.close()
      disk.beforeOperation = () => undefined
      const again = await openOn(disk, { cleanClose: true })
      expect(again.recovery, `the first ${last} writes`).to.deep.include({ damaged: [], votesLost: false })
      expect((await shownBy(again)).size).equal(5)
      await again.close()
      if (writes <= last) break
      failed++
    }
    expect(failed, 'numbers, what follows them, head').equal(3)
  })
})
