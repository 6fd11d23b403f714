import { expect } from 'chai'
import { Ledger } from '../../src/backend/index.js'
import type { PersistentLog } from '../../src/contract/index.js'
import { recover, type RecoveryProgress } from '../../src/recovery/index.js'
import { openMemory, type MemoryEngine } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { ballot, bytes, learn } from '../support/values.js'
import { Recorder, upTo } from './recorder.js'

describe('recover, at a gap', () => {
  let log: PersistentLog
  let engine: MemoryEngine
  beforeEach(async () => void ({ log, engine } = await openMemory()))

  it('stops at the first undecided slot', async () => {
    await learn(log, 0, 1, 3, 4)
    await log.accept({ slot: 2, ballot: ballot(1), value: bytes('undecided') })
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.state).to.deep.equal(upTo(2))
    expect(report).to.deep.include({ replayed: 2, skipped: 0, to: 2, stoppedBy: 'gap' })
  })

  it('passes over undecided slots when it is told to', async () => {
    await learn(log, 0, 1, 3, 6)
    await log.accept({ slot: 2, ballot: ballot(1), value: bytes('undecided') })
    const machine = new Recorder()
    const report = await recover(log, machine, { gaps: 'skip' })
    expect(machine.state).to.deep.equal(['v0', 'v1', 'v3', 'v6'])
    expect(report).to.deep.include({ replayed: 4, skipped: 3, to: 7 })
    expect(report.stoppedBy).to.equal(undefined)
  })

  it('stops again behind a checkpoint that lies across a gap', async () => {
    await learn(log, 0, 2, 3, 5)
    await log.checkpoints.store(3, bytes('v0,v2'), { acrossGaps: true })
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.state).to.deep.equal(['v0', 'v2', 'v3'])
    expect(report).to.deep.include({ from: 3, to: 4, stoppedBy: 'gap' })
  })

  it('goes on to the end behind a checkpoint across a gap when nothing is missing there', async () => {
    await learn(log, 0, 2, 3, 4)
    await log.checkpoints.store(3, bytes('v0,v2'), { acrossGaps: true })
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.state).to.deep.equal(['v0', 'v2', 'v3', 'v4'])
    expect(report).to.deep.include({ from: 3, to: 5 })
    expect(report.stoppedBy).to.equal(undefined)
  })

  it('rejects when the log is closed before it could tell why it stopped', async () => {
    await learn(log, 0, 2)
    const onProgress = ({ at }: RecoveryProgress) => void (at === 1 && log.close())
    await rejection('PLOG_NOT_OPEN', () => recover(log, new Recorder(), { onProgress }))
  })

  describe('of a log with a damaged slot', () => {
    beforeEach(async () => {
      const ledger = new Ledger(0)
      for (const slot of [0, 1, 3]) ledger.addDecided(slot)
      ledger.addDamage({ from: 2, to: 3 })
      ;({ log, engine } = await openMemory({}, ledger))
      for (const slot of [0, 1, 3]) {
        engine.entries.set(slot, { ballot: ballot(1), value: bytes(`v${slot}`), proof: undefined })
      }
    })

    it('stops before it and says so', async () => {
      const machine = new Recorder()
      const report = await recover(log, machine)
      expect(machine.state).to.deep.equal(upTo(2))
      expect(report).to.deep.include({ to: 2, stoppedBy: 'damage' })
    })

    it('never skips it', async () => {
      const machine = new Recorder()
      await rejection('PLOG_CORRUPTED', () => recover(log, machine, { gaps: 'skip' }))
      expect(machine.state).to.deep.equal(upTo(2))
    })
  })
})
