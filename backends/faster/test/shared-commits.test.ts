import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { REGION_NAME } from '../src/ring/ring-layout.js'
import { GROUP_HEADER_BYTES } from '../src/segments/group.js'
import { RECORD } from '../src/segments/record.js'
import { crashStates } from './support/crash-states.js'
import type { DiskOperation, MemoryDisk } from './support/memory-disk.js'
import { newDisk, openImage, openOn, shownBy, valueOf } from './support/open-log.js'

const WEAK = { options: { regionBytes: 64 * 1024 }, durability: { accept: 'process-crash' } as const }
const ballot = { round: 1, nodeId: 1 }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function weakLog(disk: MemoryDisk, length?: number) {
  const log = await openOn(disk, { created: true, cleanClose: true, ...WEAK })
  const accept = (slot: number, length?: number): Promise<void> =>
    log.accept({ slot, ballot, value: valueOf(slot, 1, length) })
  await accept(0, length)
  await log.commit({ slot: 0, ballot })
  return { log, accept }
}

const slotsTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const ofTail = (operations: readonly DiskOperation[]): string[] =>
  operations.map((one) => (one.kind === 'write' && one.bytes.includes('PRG1') ? 'group' : one.kind))

/** A group whose first record is a commit mark. */
const holdsMark = (bytes: Buffer): boolean =>
  bytes.subarray(0, 4).toString() === 'PRG1' && bytes[GROUP_HEADER_BYTES + 2] === RECORD.mark

describe('faster: durable commits of what is in the ring', () => {
  it('share one group and one flush, and are shown together', async () => {
    const disk = await newDisk()
    const { log, accept } = await weakLog(disk)
    await turn()
    for (const slot of slotsTo(100)) await accept(slot)
    const { flushedWrites } = log.metrics()
    const before = disk.operations.length
    let shown = 0
    const commits = slotsTo(100).map(async (slot) => {
      await log.commit({ slot, ballot })
      shown++
      expect(log.bounds().contiguousTo, 'who is first sees all of them').equal(101)
    })
    expect(log.bounds().contiguousTo, 'not before the flush').equal(1)
    await Promise.all(commits)
    expect(shown).equal(100)
    expect(ofTail(disk.operations.slice(before)).filter((what) => what !== 'write')).deep.equal([
      'group',
      'flush',
    ])
    expect(log.metrics().flushedWrites - flushedWrites, 'each is counted').equal(100)
    await log.close()
  })

  it('survive a power cut as soon as they resolve, and none before its own flush is lost', async () => {
    const disk = await newDisk()
    const { log, accept } = await weakLog(disk)
    const decidedAt = new Map<number, number>()
    let from = 0
    for (const slots of [slotsTo(2), slotsTo(4).slice(2)]) {
      from = disk.operations.length
      for (const slot of slots) await accept(slot)
      await Promise.all(
        slots.map(async (slot) => {
          await log.commit({ slot, ballot })
          decidedAt.set(slot, disk.operations.length)
        }),
      )
    }
    for (const { after, image } of crashStates(disk.operations, 1, from)) {
      const again = await openImage(image, { sameBoot: false, ...WEAK })
      const shown = await shownBy(again)
      for (const [slot, at] of decidedAt) {
        if (at <= after) expect(shown.get(slot), `slot ${slot} after ${after}`).equal('decided 1')
      }
    }
  }).timeout(60_000)

  it('make no ring where nothing was accepted at process-crash', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    for (const slot of slotsTo(3)) {
      await log.accept({ slot, ballot, value: valueOf(slot, 1) })
      await log.commit({ slot, ballot })
    }
    await turn()
    expect([...disk.image.names.keys()].filter((name) => name.startsWith(REGION_NAME))).deep.equal([])
    await log.close()
  })

  it('become marks where the proposal is evicted meanwhile', async () => {
    let marks = 0
    // The proposal moves between the call and its turn in the tail only if the call comes at one certain moment.
    for (let moment = 0; moment < 60; moment++) {
      const disk = await newDisk()
      const { log, accept } = await weakLog(disk, 1000)
      let decided = 0
      for (let slot = 1; slot < 50; slot++) await accept(slot, 1000)
      for (let passed = 0; passed < moment; passed++) await Promise.resolve()
      const commits = slotsTo(8).map((slot) => log.commit({ slot, ballot }).then(() => decided++))
      await Promise.all(commits)
      expect(decided).equal(8)
      expect(log.bounds().contiguousTo).equal(9)
      const crashed = await openImage(disk.copy(), WEAK)
      expect(crashed.bounds().contiguousTo, `at moment ${moment}`).equal(9)
      expect((await shownBy(crashed, 1000)).get(49)).equal('accepted 1')
      marks += disk.operations.filter((one) => one.kind === 'write' && holdsMark(one.bytes)).length
      await log.close()
    }
    expect(marks, 'some were evicted').greaterThan(0)
  }).timeout(60_000)

  it('are ordered against later writes of the slot and of the log', async () => {
    const disk = await newDisk()
    const { log, accept } = await weakLog(disk)
    for (const slot of slotsTo(4)) await accept(slot)
    const commits = slotsTo(3).map((slot) => log.commit({ slot, ballot }))
    const again = log.commit({ slot: 1, ballot })
    const repeated = log
      .accept({ slot: 2, ballot, value: valueOf(2, 1) })
      .then(() => log.bounds().contiguousTo)
    const other = log.accept({ slot: 3, ballot, value: valueOf(3, 9) }).catch((error: unknown) => error)
    const discarded = log.discard({ from: 0 })
    expect(isPersistentLogError(await other, 'PLOG_ALREADY_COMMITTED')).equal(true)
    expect(await repeated, 'a repeated accept waits for the decision that makes it a no-op').equal(4)
    await Promise.all([...commits, again])
    expect(await discarded).deep.equal({ discarded: 1, keptCommitted: 4 })
    expect([...(await shownBy(log)).keys()]).deep.equal([0, 1, 2, 3])
    await log.close()
  })

  it('are refused together when their flush fails, and what was shown stays', async () => {
    const disk = await newDisk()
    const { log, accept } = await weakLog(disk)
    await turn()
    for (const slot of slotsTo(3)) await accept(slot)
    disk.beforeOperation = ({ kind }) => {
      if (kind === 'flush') throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    const outcomes = await Promise.allSettled(slotsTo(3).map((slot) => log.commit({ slot, ballot })))
    for (const outcome of outcomes) {
      expect(outcome.status).equal('rejected')
      if (outcome.status === 'rejected') expect(isPersistentLogError(outcome.reason)).equal(true)
    }
    expect(log.status.state).equal('poisoned')
    expect(log.bounds().contiguousTo).equal(1)
    expect(await log.readAccepted(2)).property('slot', 2)
    await log.close().catch(() => undefined)
  })
})
