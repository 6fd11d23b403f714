import { expect } from 'chai'
import type { PersistentLog } from '../../src/contract/index.js'
import {
  jsonCodec,
  typedLog,
  typedStateMachine,
  utf8Codec,
  type TypedLog,
} from '../../src/layers/typed/index.js'
import { decodeState } from '../../src/layers/typed/typed-checkpoints.js'
import { recover } from '../../src/recovery/index.js'
import { openMemory } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { ballot, bytes } from '../support/values.js'

type Totals = Record<string, number>
const codecs = { decision: utf8Codec, state: jsonCodec<Totals>(), configuration: jsonCodec<string[]>() }
const decision = (slot: number, value = `word${slot}`) => ({ slot, ballot: ballot(1), value })

describe('typed states and configuration', () => {
  let log: PersistentLog
  let typed: TypedLog<string, Totals, string[]>
  beforeEach(async () => {
    log = (await openMemory()).log
    typed = typedLog(log, codecs)
    await typed.learnAll([decision(0), decision(1), decision(2)])
  })

  it('store and read the state of a checkpoint', async () => {
    const info = await typed.checkpoints.store(2, { word0: 1, word1: 1 }, { metadata: bytes('v1') })
    expect(info).to.deep.include({ slot: 2, bytes: 21, metadata: bytes('v1') })
    expect(await typed.checkpoints.read(2)).to.deep.equal({ word0: 1, word1: 1 })
    expect((await typed.checkpoints.latest())?.slot).to.equal(2)
    expect((await typed.checkpoints.nearest(1))?.slot).to.equal(undefined)
    expect(await typed.checkpoints.list()).to.have.length(1)
    expect(await typed.checkpoints.prune({ keep: 1 })).to.deep.equal({ removed: 0 })
  })

  it('take the same state with other key order for the same', async () => {
    const first = await typed.checkpoints.store(2, { a: 1, b: 2 })
    expect(await typed.checkpoints.store(2, { b: 2, a: 1 })).to.deep.equal(first)
  })

  it('install a state that was shipped', async () => {
    await typed.checkpoints.install(10, { word9: 1 })
    expect(typed.bounds().compactedBefore).to.equal(10)
    expect(await typed.checkpoints.read(10)).to.deep.equal({ word9: 1 })
  })

  it('say that there is no checkpoint where there is none', async () => {
    const { context } = await rejection('PLOG_CHECKPOINT_REQUIRED', () => typed.checkpoints.read(1))
    expect(context.slot).to.equal(1)
  })

  it('refuse a state that does not match the digest of its checkpoint', async () => {
    const info = await typed.checkpoints.store(2, { a: 1 })
    async function* other() {
      yield bytes('{"a":')
      yield bytes('2}')
    }
    const { context } = await rejection('PLOG_DIGEST_MISMATCH', () =>
      decodeState(codecs.state, info, other()),
    )
    expect(context.slot).to.equal(2)
  })

  it('store and load configuration', async () => {
    expect(await typed.configuration.load('members')).to.equal(undefined)
    await typed.configuration.store('members', { version: 1, value: ['a', 'b'] })
    expect(await typed.configuration.load('members')).to.deep.equal({ version: 1, value: ['a', 'b'] })
    await typed.configuration.store('members', { version: 1, value: ['a', 'b'] })
    await rejection('PLOG_STALE_VERSION', () =>
      typed.configuration.store('members', { version: 1, value: ['a'] }),
    )
  })

  it('refuse a configuration record that did not come through the layer', async () => {
    await log.configuration.store('raw', { version: 1, value: bytes('["a"]') })
    await rejection('PLOG_DIGEST_MISMATCH', () => typed.configuration.load('raw'))
    await rejection('PLOG_STALE_VERSION', () =>
      typed.configuration.store('raw', { version: 1, value: ['a'] }),
    )
  })

  it('pass bytes through where no codec is given', async () => {
    const plain = typedLog(log, { decision: utf8Codec })
    await plain.checkpoints.store(1, Uint8Array.of(1, 2))
    expect(await plain.checkpoints.read(1)).to.deep.equal(Uint8Array.of(1, 2))
    await plain.configuration.store('a', { version: 1, value: Uint8Array.of(3) })
    expect((await plain.configuration.load('a'))?.value).to.deep.equal(Uint8Array.of(3))
  })

  it('feed a typed state machine in recovery', async () => {
    await typed.checkpoints.store(1, { word0: 1 })
    let totals: Totals = {}
    const machine = typedStateMachine(codecs, {
      restore: (_checkpoint, state) => void (totals = state),
      apply: (decisions) => {
        for (const { value } of decisions) totals[value] = (totals[value] ?? 0) + 1
      },
    })
    const report = await recover(log, machine)
    expect(report).to.deep.include({ from: 1, to: 3, replayed: 2 })
    expect(totals).to.deep.equal({ word0: 1, word1: 1, word2: 1 })
  })

  it('let a typed state machine go on from where it stands', async () => {
    const seen: string[] = []
    const machine = typedStateMachine(codecs, {
      restore: () => {},
      apply: (decisions) => void seen.push(...decisions.map(({ value }) => value)),
      appliedTo: () => 2,
    })
    await recover(log, machine)
    expect(seen).to.deep.equal(['word2'])
  })
})
