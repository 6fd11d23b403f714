import { expect } from 'chai'
import { openLog, type PersistentLog } from '@persistent-log/core'
import { Follower } from '../src/raft/follower.js'

describe('the Raft follower of the examples', () => {
  let log: PersistentLog
  let follower: Follower
  const state = Buffer.from('state')

  beforeEach(async () => {
    log = await openLog({ backend: 'memory', firstSlot: 1 })
    follower = new Follower(log)
    const entries = [1, 1, 2, 2].map((term, at) => [term, `command ${at + 1}`] as const)
    expect(await follower.append([0, 0], entries, 1)).to.equal(true)
  })
  afterEach(() => log.close())

  it('commits no further than the entries of the message: what follows may be of another leader', async () => {
    expect(await follower.append([1, 1], [[1, 'command 2']], 9)).to.equal(true)
    expect(log.bounds()).to.include({ contiguousTo: 3, nextSlot: 5 })
  })

  it('commits by a message without entries, and by one twice', async () => {
    for (let times = 0; times < 2; times++) {
      expect(await follower.append([4, 2], [], 3)).to.equal(true)
      expect(log.bounds()).to.include({ contiguousTo: 4, nextSlot: 5 })
    }
  })

  it('keeps what follows a snapshot whose last entry it holds', async () => {
    await follower.install([3, 2], state)
    expect(log.bounds()).to.include({ compactedBefore: 4, nextSlot: 5 })
    expect(await follower.termAt(3)).to.equal(2)
    expect(await follower.termAt(4)).to.equal(2)
    expect(await follower.termAt(2)).to.equal(undefined)
    expect(await follower.append([2, 1], [], 2), 'long compacted').to.equal(false)
  })

  it('drops what follows a snapshot whose last entry is another one', async () => {
    await follower.install([3, 9], state)
    expect(log.bounds()).to.include({ compactedBefore: 4, nextSlot: 4 })
  })

  it('ignores a snapshot of what is committed', async () => {
    await follower.install([1, 1], state)
    expect(await log.checkpoints.latest()).to.equal(undefined)
  })

  it('takes entries of older terms than the one that it voted in', async () => {
    await follower.saveHardState(7, 'c')
    expect(await follower.append([4, 2], [[3, 'old']], 5)).to.equal(true)
    expect(await follower.termAt(5)).to.equal(3)
  })
})
