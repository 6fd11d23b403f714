import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { GroupBuilder } from '../src/segments/group-builder.js'
import { REGION_NAME } from '../src/ring/ring-layout.js'
import { RECORD } from '../src/segments/record.js'
import { SpareSegments } from '../src/segments/spare-segments.js'
import { Tail } from '../src/segments/tail.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { LOG_ID, newDisk, openOn, shownBy, valueOf } from './support/open-log.js'

const ballot = { round: 1, nodeId: 1 }
const failure = (code: string) => Object.assign(new Error(code), { code })
const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )

describe('faster: failing devices', () => {
  for (const kind of ['write', 'flush'] as const) {
    it(`is poisoned by a failed ${kind}, reads on, releases everything, and is whole after reopening`, async () => {
      const disk = await newDisk()
      const events: string[] = []
      const log = await openOn(disk, { created: true, cleanClose: true }, events)
      await log.learn({ slot: 0, ballot, value: valueOf(0, 1) })
      disk.beforeOperation = (operation) => {
        if (operation.kind === kind) throw failure('EIO')
      }
      const first = await reasonOf(log.learn({ slot: 1, ballot, value: valueOf(1, 1) }))
      expect(isPersistentLogError(first, 'PLOG_IO')).equal(true)
      disk.beforeOperation = () => undefined
      const second = await reasonOf(log.learn({ slot: 2, ballot, value: valueOf(2, 1) }))
      expect(isPersistentLogError(second, 'PLOG_POISONED')).equal(true)
      expect([...(await shownBy(log)).keys()]).deep.equal([0])
      expect(await reasonOf(log.close())).not.equal(undefined)
      expect(
        events.filter((event) => event !== 'beginChanges'),
        'not noted as clean',
      ).deep.equal(['release'])
      const again = await openOn(new MemoryDisk(disk.copy()))
      const shown = [...(await shownBy(again)).keys()]
      expect(shown[0]).equal(0)
      expect(shown, 'the failed one is there whole or not at all').not.include(2)
    })
  }

  it('writes what an unclean end left unproven once more, and flushes it, before it shows it', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.learn({ slot: 0, ballot, value: valueOf(0, 1) })
    await log.learn({ slot: 1, ballot, value: valueOf(1, 1) }, { survives: 'process-crash' })
    const reopened = new MemoryDisk(disk.copy())
    const second = await openOn(reopened)
    expect([...(await shownBy(second)).keys()]).deep.equal([0, 1])
    const order = reopened.operations.map(({ kind }) => kind)
    expect(order.slice(0, 8)).deep.equal([
      'sync-directory',
      'write',
      'flush',
      'create',
      'write',
      'flush',
      'rename',
      'sync-directory',
    ])
    const refused = new MemoryDisk(disk.copy())
    refused.beforeOperation = (operation) => {
      if (operation.kind === 'flush') throw failure('EIO')
    }
    expect(await reasonOf(openOn(refused)), 'what could not be flushed is not shown').not.equal(undefined)
  })

  it('leaves out a close that nothing proves: the segment behind it would not be missed', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.learn({ slot: 0, ballot, value: valueOf(0, 1) })
    let unproven: DiskImage | undefined
    disk.beforeOperation = ({ kind }) => {
      if (kind === 'flush') unproven ??= disk.copy()
    }
    await log.close()
    if (!unproven) throw new Error('a close is flushed')
    const killed = new MemoryDisk(unproven)
    const second = await openOn(killed)
    expect(second.recovery).deep.include({ tornBytes: 0, ambiguous: false, damaged: [] })
    await second.learn({ slot: 1, ballot, value: valueOf(1, 1) })
    await second.close()
    expect([...(await shownBy(await openOn(killed, { cleanClose: true }))).keys()]).deep.equal([0, 1])
    const lost = new MemoryDisk(killed.copy())
    await lost.folder('').remove('tail-0000000002.log')
    expect(isPersistentLogError(await reasonOf(openOn(lost, { cleanClose: true })), 'PLOG_CORRUPTED')).equal(
      true,
    )
  })

  it('goes on over a full device when the log is reopened with space', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    await log.learn({ slot: 0, ballot, value: valueOf(0, 1) })
    disk.beforeOperation = (operation) => {
      if (operation.kind === 'write') throw failure('ENOSPC')
    }
    expect(
      isPersistentLogError(await reasonOf(log.learn({ slot: 1, ballot, value: valueOf(1, 1) })), 'PLOG_IO'),
    ).equal(true)
    await reasonOf(log.close())
    disk.beforeOperation = () => undefined
    const again = await openOn(disk)
    await again.learn({ slot: 1, ballot, value: valueOf(1, 1) })
    expect([...(await shownBy(again)).keys()]).deep.equal([0, 1])
  })

  it('opens over a device without room for the mutable region, and accepts with the flush there', async () => {
    const disk = await newDisk()
    const durability = { accept: 'process-crash' } as const
    const first = await openOn(disk, { created: true, cleanClose: true, durability })
    await first.accept({ slot: 0, ballot, value: valueOf(0, 1) })
    await first.close()
    let isRefused = false
    disk.beforeOperation = (operation) => {
      if (operation.kind !== 'create' || !operation.name.startsWith(REGION_NAME)) return
      isRefused = true
      throw failure('ENOSPC')
    }
    const log = await openOn(disk, { cleanClose: true, durability })
    expect(isRefused).equal(true)
    await log.accept({ slot: 1, ballot, value: valueOf(1, 1) })
    expect([...(await shownBy(log)).keys()]).deep.equal([0, 1])
    const afterPowerCut = await openOn(new MemoryDisk(disk.copy()), { sameBoot: false })
    expect(afterPowerCut.recovery.votesLost).equal(false)
    expect([...(await shownBy(afterPowerCut)).keys()]).deep.equal([0, 1])

    disk.beforeOperation = (operation) => {
      if (operation.kind === 'create' && operation.name.startsWith(REGION_NAME)) throw failure('EIO')
    }
    await log.close()
    expect(await reasonOf(openOn(disk, { cleanClose: true, durability })), 'EIO is told').not.equal(undefined)
  })

  it('recovers after a failure at any operation of a recovery', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 5; slot++) {
      await log.accept({ slot, ballot, value: valueOf(slot, 1) }, { survives: 'process-crash' })
    }
    await log.commit({ slot: 0, ballot }, { survives: 'process-crash' })
    for (let failing = 0; ; failing++) {
      const crashed = new MemoryDisk(disk.copy())
      let count = 0
      crashed.beforeOperation = () => {
        if (count++ === failing) throw failure('EIO')
      }
      const error = await reasonOf(openOn(crashed))
      crashed.beforeOperation = () => undefined
      const again = await openOn(crashed)
      expect((await shownBy(again)).size, `failing at ${failing}`).equal(5)
      if (error === undefined) break
    }
  })

  it('leaves no file open when an open fails, whichever operation or read it is that does', async () => {
    const crashed = await newDisk()
    const log = await openOn(crashed, { created: true, cleanClose: true, options: { segmentBytes: 4096 } })
    for (let slot = 0; slot < 30; slot++) await log.learn({ slot, ballot, value: valueOf(slot, 1, 400) })
    await log.accept({ slot: 30, ballot, value: valueOf(30, 1) }, { survives: 'process-crash' })
    const begun = { created: true, cleanClose: true }
    for (const [image, about] of [
      [(await newDisk()).image, begun],
      [crashed.image, {}],
    ] as const) {
      for (const kind of ['operation', 'read'] as const) {
        let isOver = false
        for (let failing = 0; !isOver; failing++) {
          const disk = new MemoryDisk(new MemoryDisk(image).copy())
          let count = 0
          const fail = (): void => {
            if (count++ === failing) throw failure('EIO')
          }
          if (kind === 'read') disk.beforeRead = fail
          else disk.beforeOperation = fail
          const error = await reasonOf(openOn(disk, about))
          isOver = count <= failing
          if (error !== undefined) expect(disk.openFiles, `${kind} ${failing}`).equal(0)
        }
      }
    }
  })

  it('takes stale entries of a region for nothing after its machine restarted', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 6; slot++) {
      await log.accept({ slot, ballot, value: valueOf(slot, 1) }, { survives: 'process-crash' })
    }
    const again = await openOn(new MemoryDisk(disk.copy()), { sameBoot: false })
    expect(again.recovery.votesLost).equal(true)
    expect((await shownBy(again)).has(5)).equal(false)
  })

  it('never brings a discarded weak accept back', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 4; slot++) {
      await log.accept({ slot, ballot, value: valueOf(slot, 1) }, { survives: 'process-crash' })
    }
    // The region holds them still: only the order tells.
    await log.discard({ from: 2 })
    const again = await openOn(new MemoryDisk(disk.copy()))
    expect([...(await shownBy(again)).keys()]).deep.equal([0, 1])
  })

  it('keeps a weak accept that was made while a discard of its slot was under way', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (let slot = 0; slot < 6; slot++) {
      await log.accept({ slot, ballot, value: valueOf(slot, 1) }, { survives: 'process-crash' })
    }
    const discarding = log.discard({ from: 5 })
    const second = { round: 2, nodeId: 1 }
    await log.accept({ slot: 5, ballot: second, value: valueOf(5, 2) }, { survives: 'process-crash' })
    const image = disk.copy()
    await discarding
    for (const left of [image, disk.copy()]) {
      const again = await openOn(new MemoryDisk(left))
      expect((await shownBy(again)).get(5)).equal('accepted 2')
    }
  })

  it('believes no flush beside or behind a failed one', async () => {
    const disk = await newDisk()
    const files = disk.folder('')
    const about = { files, logId: LOG_ID, segmentBytes: 4096 }
    const tail = new Tail({ ...about, segments: [], spares: new SpareSegments({ ...about, limit: 0 }) })
    await tail.begin()
    await tail.publish()
    const builder = new GroupBuilder()
    builder.begin({ position: tail.position, seed: tail.active.seed })
    builder.add({ kind: RECORD.promise, b: 1, c: 1 })
    await tail.append(builder, 0, true)
    let flushes = 0
    disk.beforeOperation = ({ kind }) => {
      // The system tells of a failure once.
      if (kind === 'flush' && flushes++ === 0) throw failure('EIO')
    }
    const told = await Promise.all([reasonOf(tail.flush()), reasonOf(tail.flush()), reasonOf(tail.roll())])
    expect(told.map((reason) => (reason as { code?: string } | undefined)?.code)).deep.equal([
      'EIO',
      'EIO',
      'EIO',
    ])
    expect(tail.segments.length).equal(1)
    await tail.close()
  })
})
