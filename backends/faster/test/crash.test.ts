import type { PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { crashStates, durably } from './support/crash-states.js'
import { MemoryDisk, performOn, type DiskImage } from './support/memory-disk.js'
import { newDisk, openImage, openOn, shownBy, valueOf } from './support/open-log.js'
import { everyNth } from './support/thorough.js'

/** Something that was acknowledged when `after` operations had been done; `holds` on every log that is recovered later. */
interface Acknowledged {
  readonly after: number
  readonly what: string
  readonly isWeakVote?: boolean
  holds(log: PersistentLog, shown: ReadonlyMap<number, string>): boolean | Promise<boolean>
}

const SMALL = { segmentBytes: 4096, regionBytes: 64 * 1024 }
const ballot = (round: number) => ({ round, nodeId: 1 })
const roundOf = (text: string | undefined): number => Number(text?.split(' ')[1] ?? -1)

/** Every kind of write, with segments so small that they roll all the time. */
async function workload(disk: MemoryDisk): Promise<Acknowledged[]> {
  const acks: Acknowledged[] = []
  const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
  const ack = (what: string, holds: Acknowledged['holds'], isWeakVote = false): void => {
    acks.push({ after: disk.operations.length - 1, what, holds, isWeakVote })
  }
  const isAt =
    (slot: number, status: string, round: number): Acknowledged['holds'] =>
    (recovered, shown) =>
      recovered.bounds().compactedBefore > slot ||
      shown.get(slot)?.startsWith('decided') === true ||
      (status === 'accepted' && roundOf(shown.get(slot)) >= round)
  const accept = async (slot: number, round: number, survives?: 'process-crash'): Promise<void> => {
    await log.accept({ slot, ballot: ballot(round), value: valueOf(slot, round) }, { survives })
    ack(`accept ${slot}.${round}`, isAt(slot, 'accepted', round), survives !== undefined)
  }
  const commit = async (slot: number, round: number, survives?: 'process-crash'): Promise<void> => {
    await log.commit({ slot, ballot: ballot(round) }, { survives })
    if (!survives) ack(`commit ${slot}.${round}`, isAt(slot, 'decided', round))
  }
  await log.promise(ballot(1))
  ack('promise 1', (recovered) => (recovered.promised()?.round ?? 0) >= 1)
  for (let slot = 0; slot < 12; slot++) await accept(slot, 1)
  for (let slot = 0; slot < 10; slot++) await commit(slot, 1)
  await log.promise(ballot(2))
  ack('promise 2', (recovered) => (recovered.promised()?.round ?? 0) >= 2)
  await accept(10, 2)
  await log.acceptAll([20, 21, 22].map((slot) => ({ slot, ballot: ballot(2), value: valueOf(slot, 2) })))
  ack('batch 20-22', (recovered, shown) =>
    [20, 21, 22].every((slot) => shown.has(slot) || recovered.bounds().compactedBefore > slot),
  )
  await log.learn({ slot: 30, ballot: ballot(1), value: valueOf(30, 1) })
  ack('learn 30', isAt(30, 'decided', 1))
  await log.accept({ slot: 40, ballot: ballot(2), value: valueOf(40, 2) })
  await log.discard({ from: 40, to: 41 })
  ack('discard 40', (_, shown) => !shown.has(40))
  await log.configuration.store('vote', { version: 1, value: Buffer.from('me') })
  ack('configuration', async (recovered) => (await recovered.configuration.load('vote'))?.version === 1)
  for (let slot = 50; slot < 54; slot++) await accept(slot, 2, 'process-crash')
  await commit(50, 2, 'process-crash')
  await commit(51, 2)
  await accept(52, 3, 'process-crash')
  await log.flush()
  for (const slot of [50, 52, 53]) ack(`flushed ${slot}`, isAt(slot, 'accepted', 2))
  await log.checkpoints.store(8, Buffer.from('state below 8'))
  ack('checkpoint 8', async (recovered) => (await recovered.checkpoints.latest())?.slot === 8)
  await log.compact({ before: 8 })
  ack('compact 8', (recovered) => recovered.bounds().compactedBefore >= 8)
  for (let slot = 60; slot < 64; slot++) await accept(slot, 3, 'process-crash')
  await commit(60, 3)
  await commit(8, 1)
  for (let slot = 70; slot < 110; slot++)
    await log.learn({ slot, ballot: ballot(3), value: valueOf(slot, 3) })
  await log.compact({ before: 108, acrossGaps: true, withoutCheckpoint: true })
  ack('compact 108', (recovered) => recovered.bounds().compactedBefore === 108)
  // Segments that compaction gave up are written again.
  for (let slot = 110; slot < 140; slot++) {
    await log.learn({ slot, ballot: ballot(3), value: valueOf(slot, 3) })
    ack(`learn ${slot}`, isAt(slot, 'decided', 3))
  }
  await log.close()
  for (const slot of [108, 109]) ack(`closed ${slot}`, isAt(slot, 'decided', 3))
  return acks
}

async function check(log: PersistentLog, acks: readonly Acknowledged[], after: number): Promise<void> {
  const shown = await shownBy(log)
  const batch = [20, 21, 22].filter((slot) => shown.has(slot)).length
  expect(batch === 0 || batch === 3 || log.bounds().compactedBefore > 20, 'a batch is whole').equal(true)
  for (const ack of acks) {
    if (ack.after > after) continue
    const isExcused = ack.isWeakVote === true && log.status.votesLost
    if (!isExcused) expect(await ack.holds(log, shown), ack.what).equal(true)
  }
}

describe('faster: power cuts', () => {
  it('loses nothing that was acknowledged, at any operation of the disk', async function () {
    this.timeout(180_000)
    const disk = await newDisk()
    const acks = await workload(disk)
    let states = 0
    const isChosen = everyNth(8)
    for (const state of crashStates(disk.operations, 1, 3)) {
      states++
      if (!isChosen()) continue
      const { after, image } = state
      const recovered = new MemoryDisk(image)
      try {
        const log = await openOn(recovered, { sameBoot: false, options: SMALL })
        await check(log, acks, after)
      } catch (cause) {
        throw new Error(`state ${states}, after operation ${after}`, { cause })
      }
    }
    expect(states).greaterThan(500)
  })

  it('never shows again what a recovery did not show, and recovers the same twice', async function () {
    this.timeout(180_000)
    const disk = await newDisk()
    const acks = await workload(disk)
    let states = 0
    const isChosen = everyNth(6)
    for (const state of crashStates(disk.operations, 2, 3)) {
      if (states++ % 7 !== 0 || !isChosen()) continue
      const { after, image } = state
      const first = new MemoryDisk(image)
      const log = await openOn(first, { sameBoot: false, acceptLostVotes: true, options: SMALL })
      const shown = await shownBy(log)
      // The same length as the torn records, so that what is behind them would fit.
      if (log.bounds().compactedBefore <= 300) {
        await log.learn({ slot: 300, ballot: ballot(9), value: valueOf(300, 9) })
        shown.set(300, 'decided 9')
      }
      const again = await openOn(new MemoryDisk(first.copy()), { options: SMALL })
      expect([...(await shownBy(again))], `state ${states}`).deep.equal([...shown])
      await check(
        again,
        acks.filter((ack) => ack.isWeakVote !== true),
        after,
      )
    }
  })

  it('loses nothing at all when only the process dies, weak accepts included', async function () {
    this.timeout(180_000)
    const disk = await newDisk()
    const acks = await workload(disk)
    const image: DiskImage = { names: new Map(), inodes: new Map() }
    for (const [after, operation] of disk.operations.entries()) {
      performOn(image, operation)
      if (after < 3) continue
      const log = await openImage(image, { sameBoot: true, options: SMALL })
      expect(log.recovery.votesLost).equal(false)
      await check(log, acks, after)
    }
  })

  it('loses nothing where the flush of its first names failed, and it was opened once more', async () => {
    const disk = await newDisk()
    let removals = 0
    disk.beforeOperation = ({ kind }) => {
      if (kind === 'remove') removals++
      const fails = kind === 'sync-directory' && removals > 0
      if (fails) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fsync' })
    }
    const request = { created: true, cleanClose: false, options: SMALL }
    const error: unknown = await openOn(disk, request).catch((reason: unknown) => reason)
    expect(error).instanceOf(Error)
    disk.beforeOperation = () => undefined
    const log = await openOn(disk, { cleanClose: false, options: SMALL })
    await log.learn({ slot: 0, ballot: ballot(1), value: valueOf(0, 1) })
    const acknowledged = disk.operations.length - 1
    for (const { after, image } of crashStates(disk.operations, 5, acknowledged)) {
      const again = await openOn(new MemoryDisk(image), { sameBoot: false, options: SMALL })
      expect([...(await shownBy(again)).keys()], `after operation ${after}`).deep.equal([0])
    }
  })

  it('survives power cuts during recovery', async function () {
    this.timeout(180_000)
    const disk = await newDisk()
    const acks = await workload(disk)
    let states = 0
    const isChosen = everyNth(8)
    for (const state of crashStates(disk.operations, 3, 3)) {
      if (states++ % 83 !== 0 || !isChosen()) continue
      const { after, image } = state
      const before = new MemoryDisk(new MemoryDisk(image).copy())
      const recovering = new MemoryDisk(image)
      await openOn(recovering, { sameBoot: false, options: SMALL })
      // What the first crash left is durable by now: it was read from the disk.
      const settled = durably(before.image)
      for (const second of crashStates([...settled, ...recovering.operations], 4, settled.length - 1)) {
        const log = await openOn(new MemoryDisk(second.image), { sameBoot: false, options: SMALL })
        await check(log, acks, after)
      }
    }
  })
})
