import { expect } from 'chai'
import { typedLog, utf8Codec } from '../../src/layers/typed/index.js'
import { openMemory } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { ballot } from '../support/values.js'

describe('the limits of a typed log', () => {
  const raw = async (limits: object) => {
    const { log } = await openMemory({ limits })
    return { log, typed: typedLog(log, { decision: utf8Codec }) }
  }
  const proposal = (slot: number, length: number) => ({ slot, ballot: ballot(1), value: 'x'.repeat(length) })

  it('leave room for the digest: exactly the limit works, one more is refused', async () => {
    const { typed } = await raw({ valueBytes: 100 })
    expect(typed.capabilities.limits.valueBytes).to.equal(68)
    await typed.accept(proposal(0, 68))
    await typed.learn(proposal(1, 68))
    const { context } = await rejection('PLOG_TOO_LARGE', () => typed.accept(proposal(2, 69)))
    expect(context).to.deep.include({ value: 69, limit: 68 })
    await rejection('PLOG_TOO_LARGE', () => typed.learn(proposal(2, 69)))
  })

  it('hold for proofs as well', async () => {
    const { typed } = await raw({ valueBytes: 100 })
    await typed.accept({ ...proposal(0, 1), proof: new Uint8Array(68) })
    await rejection('PLOG_TOO_LARGE', () => typed.accept({ ...proposal(1, 1), proof: new Uint8Array(69) }))
    const id = { slot: 0, ballot: ballot(1) }
    await rejection('PLOG_TOO_LARGE', () => typed.commit({ ...id, proof: new Uint8Array(69) }))
    await typed.commit({ ...id, proof: new Uint8Array(68) })
  })

  it('hold for a batch: as many slots and bytes as they say fit, not one more', async () => {
    const { typed } = await raw({ valueBytes: 1_000, batchSlots: 10, batchBytes: 1_000 })
    const { batchSlots, batchBytes } = typed.capabilities.limits
    expect([batchSlots, batchBytes]).to.deep.equal([10, 680])
    await typed.acceptAll(Array.from({ length: 10 }, (_, slot) => proposal(slot, 68)))
    await rejection('PLOG_TOO_LARGE', () => typed.learnAll([proposal(20, 600), proposal(21, 81)]))
    await rejection('PLOG_TOO_LARGE', () =>
      typed.acceptAll(Array.from({ length: 11 }, (_, slot) => proposal(20 + slot, 1))),
    )
  })

  it('offer fewer slots in a batch where digests alone would fill it', async () => {
    const { typed } = await raw({ batchSlots: 64, batchBytes: 640 })
    expect(typed.capabilities.limits).to.deep.include({ batchSlots: 10, batchBytes: 320 })
    await typed.acceptAll(Array.from({ length: 10 }, (_, slot) => proposal(slot, 32)))
  })

  it('hold for undecided entries and for configuration', async () => {
    const { typed } = await raw({ valueBytes: 500, uncommittedBytes: 100 })
    expect(typed.capabilities.limits.uncommittedBytes).to.equal(68)
    await typed.accept(proposal(0, 68))
    await typed.configuration.store('a', { version: 0, value: new Uint8Array(468) })
    await rejection('PLOG_TOO_LARGE', () =>
      typed.configuration.store('a', { version: 1, value: new Uint8Array(469) }),
    )
  })

  it('must leave room for one digest', async () => {
    const { context } = await rejection('PLOG_UNSUPPORTED', () => raw({ valueBytes: 31 }))
    expect(context.field).to.equal('valueBytes')
  })

  it('come with facets for values only', async () => {
    const { typed } = await raw({})
    expect(typed.capabilities).to.deep.include({ syncReads: true, borrowedReads: false })
    expect(typed.capabilities.syncWrites).to.equal(undefined)
  })
})
