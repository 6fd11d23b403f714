import { expect } from 'chai'
import { setTimeout as after } from 'node:timers/promises'
import { ballot, SMALL } from './support/closed-log.js'
import { newDisk, openOn, valueOf } from './support/open-log.js'

const ENTRIES = 1_500

describe('faster: sealing under load', () => {
  it('goes on while there is always something that waits for the next flush', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    disk.beforeFlush = () => after(1)
    // In the middle of an append too, as a larger one is.
    disk.beforeWrite = () => after(2)
    const calls: Promise<void>[] = []
    // Nobody waits for an answer: something is queued while the group before is on its way to the file, each time.
    while (calls.length < ENTRIES) {
      const slot = calls.length
      calls.push(log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1, 200) }))
      if (slot % 3 === 0) await after(1)
    }
    const heads = disk.operations.filter(
      (one) => one.kind === 'write' && one.bytes.toString('latin1', 0, 4) === 'PRF1',
    )
    const segments = disk.operations.filter((one) => one.kind === 'rename' && one.to.startsWith('tail-'))
    expect(segments.length).to.be.greaterThan(50)
    expect(heads.length, 'footers').to.be.greaterThan(2)
    await Promise.all(calls)
    await log.close()
  })
})
