import { expect } from 'chai'
import { openLog } from '@persistent-log/core'
import { isPersistentLogError } from '@persistent-log/core/backend'
import { backend } from '../src/index.js'

const ballot = { round: 1, nodeId: 1 }
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

describe('the memory backend', () => {
  it('needs no directory', async () => {
    const log = await openLog({ backend })
    await log.learn({ slot: 0, ballot, value: bytes('v') })
    expect(log.syncReads?.read(0)?.value).to.deep.equal(bytes('v'))
    expect(log.borrowedReads?.read(0, (value) => value.byteLength)).to.equal(1)
    await log.close()
  })

  it('remembers nothing after close', async () => {
    for (let time = 0; time < 2; time++) {
      const log = await openLog({ backend })
      expect(log.bounds().nextSlot).to.equal(0)
      expect(log.recovery.created).to.equal(true)
      await log.learn({ slot: 0, ballot, value: bytes('v') })
      await log.close()
    }
  })

  it('refuses an option, since it has none', async () => {
    const failure = await openLog({ backend, options: { memory: { cacheBytes: 1 } } }).catch(
      (error: unknown) => error,
    )
    expect(isPersistentLogError(failure, 'PLOG_INVALID_CONFIG')).to.equal(true)
  })

  it('shows a batch only once its write has resolved', async () => {
    const log = await openLog({ backend })
    await log.accept({ slot: 0, ballot, value: bytes('old') })
    const newer = log.acceptAll([{ slot: 0, ballot: { round: 2, nodeId: 1 }, value: bytes('new') }])
    expect(log.syncReads?.readAccepted(0)?.value).to.deep.equal(bytes('old'))
    await newer
    expect(log.syncReads?.readAccepted(0)?.value).to.deep.equal(bytes('new'))
    await log.close()
  })

  it('lets go of what is compacted, discarded and pruned', async () => {
    const log = await openLog({ backend })
    for (let slot = 0; slot < 4; slot++) await log.learn({ slot, ballot, value: bytes('v') })
    await log.accept({ slot: 4, ballot, value: bytes('a') })
    await log.checkpoints.store(2, bytes('first'))
    await log.checkpoints.store(3, bytes('second'))
    await log.checkpoints.prune({ keep: 1 })
    await log.compact({ before: 3 })
    await log.discard({ from: 4 })
    expect(await log.verify()).to.deep.equal({ ok: true, slots: 1, bytes: 7, checkpoints: 1, damaged: [] })
    await log.close()
  })
})
