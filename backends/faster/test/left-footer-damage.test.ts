import { isPersistentLogError } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { FOOTER_HEADER_BYTES } from '../src/sealing/footer.js'
import { SEGMENT_HEADER_BYTES } from '../src/segments/segment-header.js'
import { ballot, expectHonest, groupsEnd, SMALL } from './support/closed-log.js'
import { closedOnce, isFooterThere, lastOf, learn, reopen } from './support/left-footer.js'
import { MemoryDisk } from './support/memory-disk.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'
import { everyNth } from './support/thorough.js'

const NUMBER_BYTES = 8

describe('faster: damage of the footer that a close left at the end of a log', () => {
  it('is verified when it is used: what rotted in it is told by verify, and stands in the groups', async function () {
    this.timeout(60_000)
    const closed = (await closedOnce(60, 3)).copy()
    const whole = await shownBy(await reopen(new MemoryDisk(new MemoryDisk(closed).copy())))
    const from = groupsEnd(lastOf(closed)) + FOOTER_HEADER_BYTES
    const isChosen = everyNth(8)
    for (let at = from; at < from + 63 * NUMBER_BYTES; at++) {
      if (!isChosen()) continue
      const disk = new MemoryDisk(new MemoryDisk(closed).copy())
      const bytes = lastOf(disk.image)
      bytes[at] = bytes[at]! ^ (1 << (at % 8))
      const log = await reopen(disk)
      expect(log.recovery).deep.include({ decisions: 60, accepted: 3, damaged: [] })
      const report = await log.verify()
      expect(report.damaged.map(({ file }) => file)).deep.equal(['engine/tail-0000000001.log'])
      expect(await shownBy(log)).deep.equal(whole)
      await log.learn(learn(63))
      await log.commit({ slot: 62, ballot: ballot(1) })
      expect((await log.verify()).ok, 'it is gone').equal(true)
      const shown = await shownBy(log)
      expect([shown.size, shown.get(62)]).deep.equal([64, 'decided 1'])
      await log.close()
      const again = await reopen(disk)
      expect(again.recovery.damaged).deep.equal([])
      expect(await shownBy(again)).deep.equal(shown)
      expect((await again.verify()).ok).equal(true)
    }
  })

  it('hides no damage of a group behind damage of its own, before the first write and after', async function () {
    this.timeout(60_000)
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    await log.promise(ballot(1))
    await log.configuration.store('vote', { version: 1, value: Buffer.from('me') })
    for (const round of [1, 2])
      for (let slot = 0; slot < 4; slot++)
        await log.accept({ slot, ballot: ballot(round), value: valueOf(slot, round) })
    for (let slot = 4; slot < 8; slot++) await log.learn(learn(slot))
    const shown = await shownBy(log)
    await log.close()
    const closed = { image: disk.copy(), shown }
    const end = groupsEnd(lastOf(closed.image))
    const isChosen = everyNth(6)
    for (let at = SEGMENT_HEADER_BYTES; at < end; at++) {
      if (!isChosen()) continue
      const damaged = new MemoryDisk(new MemoryDisk(closed.image).copy())
      const bytes = lastOf(damaged.image)
      for (const place of [at, end + FOOTER_HEADER_BYTES]) bytes[place] = bytes[place]! ^ 1
      const reopened = await reopen(damaged, { options: SMALL })
      await expectHonest(reopened, closed)
      expect((await reopened.verify()).ok).equal(false)
      await reopened.learn(learn(20))
      await expectHonest(reopened, { ...closed, shown: new Map([...shown, [20, 'decided 1']]) })
      await reopened.close()
      const error = await reopen(damaged, { options: SMALL }).catch((reason: unknown) => reason)
      expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `byte ${at} is told`).equal(true)
    }
  })

  it('stays where a device cannot read it: the first write is refused, and all is there at the next open', async () => {
    const disk = new MemoryDisk((await closedOnce(30)).copy())
    const log = await reopen(disk)
    disk.beforeRead = () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'read' })
    }
    const error = await log.learn(learn(30)).catch((reason: unknown) => reason)
    expect(isPersistentLogError(error, 'PLOG_IO')).equal(true)
    disk.beforeRead = () => undefined
    expect(isFooterThere(disk.image)).equal(true)
    await log.close().catch(() => undefined)
    const again = await openOn(disk)
    expect((await shownBy(again)).size).equal(30)
    await again.learn(learn(30))
    expect((await shownBy(again)).size).equal(31)
  })
})
