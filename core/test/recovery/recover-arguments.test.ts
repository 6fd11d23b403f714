import { expect } from 'chai'
import type { PersistentLog } from '../../src/contract/index.js'
import { recover } from '../../src/recovery/index.js'
import { openMemory } from '../support/memory-engine.js'
import { learn } from '../support/values.js'
import { Recorder, slots, storeCheckpoint } from './recorder.js'

type Loose = (...args: readonly unknown[]) => Promise<unknown>

describe('recover, of what is wrong', () => {
  let log: PersistentLog
  beforeEach(async () => {
    ;({ log } = await openMemory())
    await learn(log, ...slots(10))
  })

  const refusal = async (...args: readonly unknown[]): Promise<string> => {
    const error: unknown = await (recover as unknown as Loose)(...args).catch((thrown: unknown) => thrown)
    expect(error).to.satisfy((one: unknown) => one instanceof TypeError || one instanceof RangeError)
    return String(error)
  }

  it('names the argument', async () => {
    const machine = new Recorder()
    expect(await refusal()).to.equal('TypeError: log is undefined; it must be an object')
    expect(await refusal(log)).to.equal('TypeError: machine is undefined; it must be an object')
    expect(await refusal(log, machine, null)).to.equal('TypeError: options is null; it must be an object')
    for (const [options, told] of [
      [{ range: 5 }, 'options.range is 5; it must be an object'],
      [{ range: null }, 'options.range is null; it must be an object'],
      [{ range: { to: null } }, 'options.range.to is null'],
      [{ range: { until: 5 } }, 'options.range.until is not known here'],
      [{ gap: 'skip' }, 'options.gap is not known here; did you mean gaps?'],
      [{ gaps: 'leap' }, "options.gaps is leap; it must be 'stop' or 'skip'"],
      [{ onProgress: true }, 'options.onProgress is true; it must be a function'],
      [{ batchLength: 0 }, 'options.batchLength is 0; it must be an integer from 1 to 65536'],
    ] as const) {
      expect(await refusal(log, machine, options)).to.include(told)
    }
    expect(machine.batches, 'nothing was applied').to.deep.equal([])
  })

  it('names the method that a machine lacks, before anything is restored', async () => {
    await storeCheckpoint(log, 7)
    let isRestored = false
    const restore = (): void => void (isRestored = true)
    expect(await refusal(log, { restore })).to.include('machine.apply is undefined; it must be a function')
    expect(await refusal(log, { apply: restore })).to.include('machine.restore is undefined')
    expect(await refusal(log, { restore, apply: restore, appliedTo: 5 })).to.include('machine.appliedTo is 5')
    expect(isRestored).to.equal(false)
  })

  it('takes no stand that is no slot for the beginning', async () => {
    for (const [stand, told] of [
      [Promise.resolve(12), 'machine.appliedTo() is a promise; it must be a slot, returned at once'],
      [NaN, 'machine.appliedTo() is NaN; it must be an integer'],
      ['12', 'machine.appliedTo() is "12"'],
      [12n, 'machine.appliedTo() is 12n'],
      [undefined, 'machine.appliedTo() is undefined'],
      [-1, 'machine.appliedTo() is -1'],
    ] as const) {
      const machine = Object.assign(new Recorder(), { appliedTo: () => stand })
      expect(await refusal(log, machine)).to.include(told)
    }
  })

  it('tells what a machine holds beyond the end of the log', async () => {
    const standing = (at: number) => Object.assign(new Recorder(), { appliedTo: () => at })
    const report = await recover(log, standing(12))
    expect(report).to.deep.include({ ahead: { from: 10, to: 12 }, from: 12, to: 12, replayed: 0 })
    expect((await recover(log, standing(10))).ahead).to.equal(undefined)
    expect((await recover(log, new Recorder())).ahead).to.equal(undefined)
    await log.checkpoints.install(20, new Uint8Array())
    expect((await recover(log, standing(20))).ahead, 'a checkpoint holds it').to.equal(undefined)
    expect((await recover(log, standing(21))).ahead).to.deep.equal({ from: 20, to: 21 })
  })
})
