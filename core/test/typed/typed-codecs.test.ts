import { expect } from 'chai'
import {
  jsonCodec,
  typedLog,
  typedStateMachine,
  type TypedStateMachine,
} from '../../src/layers/typed/index.js'
import { openMemory } from '../support/memory-engine.js'

describe('a typed log, of what is wrong', () => {
  it('names the method that a typed machine lacks', () => {
    const codecs = { decision: jsonCodec(), state: jsonCodec() }
    const machine = { restore: () => undefined } as unknown as TypedStateMachine<unknown, unknown>
    expect(() => typedStateMachine(codecs, machine)).to.throw(TypeError, 'machine.apply is undefined')
  })

  it('names the codec that is missing or cannot do both', async () => {
    const { log } = await openMemory()
    const typed = typedLog as unknown as (...args: readonly unknown[]) => unknown
    expect(() => typed(undefined, {})).to.throw(TypeError, 'log is undefined')
    expect(() => typed(log)).to.throw(TypeError, 'codecs is undefined; it must be an object')
    expect(() => typed(log, {})).to.throw(TypeError, 'codecs.decision is undefined; it must be an object')
    expect(() => typed(log, { decision: {} })).to.throw(TypeError, 'codecs.decision.encode is undefined')
    const decision = jsonCodec()
    expect(() => typed(log, { decision, sate: decision })).to.throw(TypeError, 'did you mean state?')
    expect(() => typed(log, { decision, state: { encode: () => new Uint8Array() } })).to.throw(
      TypeError,
      'codecs.state.decode is undefined; it must be a function',
    )
  })
})
