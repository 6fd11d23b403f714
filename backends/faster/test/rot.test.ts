import { mkdir, mkdtemp, rm, rmdir, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isPersistentLogError, type PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import type { DiskImage } from './support/memory-disk.js'
import { MemoryDisk } from './support/memory-disk.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { newDisk, openOn, shownBy, valueOf, type OpenInMemory } from './support/open-log.js'

const SMALL = { segmentBytes: 4096, regionBytes: 64 * 1024 }
const ballot = (round: number) => ({ round, nodeId: 1 })

interface ClosedLog {
  readonly image: DiskImage
  readonly shown: ReadonlyMap<number, string>
}

/** A log with a bit of everything, in two segments, closed. */
async function closedLog(): Promise<ClosedLog> {
  const disk = await newDisk()
  const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
  await log.promise(ballot(1))
  await log.configuration.store('vote', { version: 1, value: Buffer.from('me') })
  for (let slot = 0; slot < 12; slot++) {
    await log.accept({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    if (slot < 8) await log.commit({ slot, ballot: ballot(1) })
  }
  await log.acceptAll([20, 21].map((slot) => ({ slot, ballot: ballot(2), value: valueOf(slot, 2) })))
  await log.learn({ slot: 30, ballot: ballot(2), value: valueOf(30, 2) })
  await log.checkpoints.store(4, Buffer.from('state below 4'))
  const shown = await shownBy(log)
  await log.close()
  return { image: disk.copy(), shown }
}

const opened = (image: DiskImage, about: OpenInMemory): Promise<PersistentLog> =>
  openOn(new MemoryDisk(image), { options: SMALL, ...about })

const filesOf = (image: DiskImage): string[] =>
  [...image.names.keys()].filter((name) => name.startsWith('tail-'))

function changed({ image }: ClosedLog, name: string, change: (bytes: Buffer) => Buffer): DiskImage {
  const copy = new MemoryDisk(image).copy()
  const inode = copy.names.get(name) ?? -1
  copy.inodes.set(inode, change(copy.inodes.get(inode) ?? Buffer.alloc(0)))
  return copy
}

/** Every slot is what it was, or says that it is damaged; none is empty, none is something else. */
async function expectHonest(log: PersistentLog, { shown }: ClosedLog): Promise<void> {
  const now = await shownBy(log)
  for (const [slot, what] of shown) {
    if (now.get(slot) === what) continue
    expect(now.has(slot), `slot ${slot} became ${now.get(slot)}`).equal(false)
    const error = await log.read(slot).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `slot ${slot} is damaged`).equal(true)
  }
  expect(
    [...now.keys()].filter((slot) => !shown.has(slot)),
    'nothing new',
  ).deep.equal([])
  const { votesLost } = log.status
  if (!votesLost) {
    expect(log.promised()).deep.equal(ballot(1))
    expect((await log.configuration.load('vote'))?.version).equal(1)
  }
}

async function refusalOf(opening: Promise<PersistentLog>): Promise<unknown> {
  return opening.then(
    () => undefined,
    (reason: unknown) => reason,
  )
}

describe('faster: rot', () => {
  it('locates every flipped byte of a closed log, and salvages what is intact', async function () {
    this.timeout(180_000)
    const closed = await closedLog()
    expect(filesOf(closed.image).length).greaterThan(1)
    const lostSlots: number[] = []
    for (const name of filesOf(closed.image)) {
      const length = closed.image.inodes.get(closed.image.names.get(name) ?? -1)?.byteLength ?? 0
      for (let at = 0; at < length; at++) {
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

  it('never forgets a vote silently when the mutable region of a crashed process rots', async () => {
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
    for (let at = 0; at < Math.min(length, 8192); at++) {
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
    expect(refused).greaterThan(500)
    const gone = new MemoryDisk(crashed.image).copy()
    gone.names.delete('region')
    expect(isPersistentLogError(await refusalOf(opened(gone, {})), 'PLOG_CORRUPTED')).equal(true)
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
