import { expect } from 'chai'
import { raise } from '@persistent-log/core'
import { outcomeOf, rejects, rejectsArgument } from '@persistent-log/conformance'

const message = async (work: Promise<unknown>): Promise<string> => {
  const { error } = await outcomeOf(work)
  return error instanceof Error ? error.message : ''
}

describe('assertions of the kit', () => {
  it('fail when a call that must be refused succeeds', async () => {
    expect(await message(rejects(Promise.resolve(), 'PLOG_GAP'))).to.include('succeeded')
    expect(await message(rejectsArgument(() => 7, 'TypeError', 'slot'))).to.include('succeeded')
  })

  it('fail on another code, another context, and on errors of another kind', async () => {
    expect(await message(rejects(Promise.reject(raise.gap(3)), 'PLOG_COMPACTED'))).to.include('PLOG_GAP')
    expect(await message(rejects(Promise.reject(raise.gap(3)), 'PLOG_GAP', { slot: 4 }))).to.include(
      'context.slot',
    )
    expect(await message(rejects(Promise.reject(new Error('plain')), 'PLOG_GAP'))).to.include('plain')
  })

  it('fail on a mistake that is told as another kind, or without the field', async () => {
    const told = new RangeError('slot is -1')
    await rejectsArgument(Promise.reject(told), 'RangeError', 'slot')
    expect(await message(rejectsArgument(Promise.reject(told), 'TypeError', 'slot'))).to.include('RangeError')
    expect(await message(rejectsArgument(Promise.reject(told), 'RangeError', 'ballot'))).to.include(
      'names the field',
    )
  })

  it('take what is thrown at once as they take a rejection', async () => {
    const throwing = (): never => {
      throw raise.gap(1)
    }
    expect((await rejects(throwing, 'PLOG_GAP', { slot: 1 })).context.slot).to.equal(1)
  })
})
