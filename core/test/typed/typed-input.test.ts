import { expect } from 'chai'
import type { PersistentLog } from '../../src/contract/index.js'
import { bytesCodec, typedLog, type Codec, type TypedLog } from '../../src/layers/typed/index.js'
import { openMemory } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { ballot, bytes, text } from '../support/values.js'

describe("a typed log, whose codec returns an array that is not the log's own", () => {
  let log: PersistentLog
  let typed: TypedLog<Uint8Array, Uint8Array, Uint8Array>
  beforeEach(async () => {
    ;({ log } = await openMemory())
    typed = typedLog(log, { decision: bytesCodec })
  })

  const at = (slot: number, value: Uint8Array) => ({ slot, ballot: ballot(1), value })

  it('refuses another value although its caller made it the stored one after the call', async () => {
    await typed.accept(at(0, bytes('BBBB')))
    await typed.learn(at(1, bytes('BBBB')))
    await typed.configuration.store('members', { version: 1, value: bytes('BBBB') })
    const changed = (call: (value: Uint8Array) => Promise<void>) => {
      const value = bytes('AAAA')
      const done = call(value)
      value.set(bytes('BBBB'))
      return done
    }
    await rejection('PLOG_BALLOT_REUSED', () => changed((value) => typed.accept(at(0, value))))
    await rejection('PLOG_BALLOT_REUSED', () => changed((value) => typed.acceptAll([at(0, value)])))
    await rejection('PLOG_ALREADY_COMMITTED', () => changed((value) => typed.learn(at(1, value))))
    await rejection('PLOG_STALE_VERSION', () =>
      changed((value) => typed.configuration.store('members', { version: 1, value })),
    )
  })

  it('keeps the values of a batch apart that were encoded in the same memory', async () => {
    const memory = new Uint8Array(16)
    const frugal: Codec<string> = {
      encode: (value) => memory.subarray(0, new TextEncoder().encodeInto(value, memory).written),
      decode: text,
    }
    const words = typedLog(log, { decision: frugal })
    await words.acceptAll(['one', 'two'].map((value, slot) => ({ slot, ballot: ballot(1), value })))
    expect((await words.readAccepted(0))?.value).to.equal('one')
    expect((await words.readAccepted(1))?.value).to.equal('two')
  })
})
