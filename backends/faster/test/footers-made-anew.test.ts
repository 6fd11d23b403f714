import { expect } from 'chai'
import { allSealed, turn } from './support/all-sealed.js'
import { ballot } from './support/closed-log.js'
import { MemoryDisk, performOn } from './support/memory-disk.js'
import { newDisk, openOn, valueOf } from './support/open-log.js'

const learn = (slot: number) => ({ slot, ballot: ballot(1), value: valueOf(slot, 1) })

describe('faster: footers that are made anew', () => {
  it('leave no half of two where a weak mark of an old proposal keeps the older ones from being used', async function () {
    this.timeout(60_000)
    const options = { segmentBytes: 4096 }
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options })
    await log.accept(learn(1_000))
    for (let slot = 0; slot < 160; slot++) await log.learn(learn(slot))
    await log.accept(learn(2_000))
    await log.commit({ slot: 1_000, ballot: ballot(1) })
    for (let slot = 160; slot < 250; slot++) await log.learn(learn(slot))
    await allSealed(disk)
    await log.compact({ before: 60, withoutCheckpoint: true })
    await log.learn(learn(3_000), { survives: 'process-crash' })
    for (let time = 0; time < 5; time++) await turn()
    await log.commit({ slot: 2_000, ballot: ballot(1) }, { survives: 'process-crash' })
    await allSealed(disk)

    const crashed = new MemoryDisk(disk.copy())
    const image = crashed.copy()
    const second = await openOn(crashed, { options })
    await second.learn(learn(250))
    await allSealed(crashed)
    for (const operation of crashed.operations) {
      performOn(image, operation)
      const third = await openOn(new MemoryDisk(new MemoryDisk(image).copy()), { options })
      expect(third.recovery.damaged).deep.equal([])
    }
  })
})
