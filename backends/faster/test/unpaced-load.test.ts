import { expect } from 'chai'
import { setTimeout as after } from 'node:timers/promises'
import { ballot, SMALL } from './support/closed-log.js'
import { newDisk, openOn, valueOf } from './support/open-log.js'

/** Far more than there are when the first footers are written. */
const MOST_CALLS = 20_000
const FOOTERS = 3

describe('faster: a load that nobody paces', () => {
  it('answers a write although each append finds one more to append', async () => {
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true })
    let asked = 0
    let answered = 0
    const ask = (): void => {
      const slot = asked++
      void log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1, 20_000) }).then(() => answered++)
    }
    disk.beforeWrite = async () => {
      if (answered === 0 && asked < 200) ask()
      await after(1)
    }
    ask()
    while (answered < asked) await after(1)
    expect(asked).to.be.below(50)
    await log.close()
  })

  it('has its answers and its footers while there is always something that waits for the next flush', async function () {
    this.timeout(120_000)
    const disk = await newDisk()
    const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
    disk.beforeFlush = () => after(1)
    // In the middle of an append too, as a larger one is.
    disk.beforeWrite = () => after(2)
    const calls: Promise<void>[] = []
    let answered = 0
    let footers = 0
    disk.beforeOperation = (operation) => {
      if (operation.kind === 'write' && operation.bytes.toString('latin1', 0, 4) === 'PRF1') footers++
    }
    // Nobody waits for an answer: something is queued while the group before is on its way to the file, each time.
    while (footers < FOOTERS && calls.length < MOST_CALLS) {
      const slot = calls.length
      const call = log.learn({ slot, ballot: ballot(1), value: valueOf(slot, 1, 200) })
      calls.push(call.then(() => void answered++))
      if (slot % 3 === 0) await after(1)
    }
    expect(answered, 'answers').to.be.greaterThan(0)
    expect(footers, 'footers').to.be.at.least(FOOTERS)
    await Promise.all(calls)
    await log.close()
  })
})
