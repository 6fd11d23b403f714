import { existsSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { FilledSubjects } from '../src/harness/filled-subjects.js'
import type { CellResult } from '../src/harness/measures.js'
import type { PlannedCell } from '../src/harness/plan.js'
import { runCells } from '../src/harness/run-cells.js'
import { ENTRIES, workloads } from './fixtures/filled-workloads.js'
import { workloads as tiny } from './fixtures/tiny-workloads.js'
import { fixture, inDirectory } from './support.js'

const TIMEOUT_MS = 30_000

const cellsOf = (backend: string): PlannedCell[] => workloads.map((workload) => ({ backend, workload }))

const twoRounds = (directory: string, cells: readonly PlannedCell[]): Promise<CellResult[]> =>
  runCells({
    ...{ cells, directory, rounds: 2, timeoutMs: TIMEOUT_MS },
    limits: { warmUpMs: 1, measureMs: 1 },
    workloadFiles: [fixture('filled-workloads')],
  })

const verified = ({ rounds, reason }: CellResult): (number | undefined)[] | string | undefined =>
  reason ?? rounds.map((round) => round.verified)

describe('subjects that are filled once', function () {
  this.timeout(60_000) // Each round is a process of its own.

  for (const backend of ['faster', 'raw-level'])
    it(`are what every round on ${backend} begins with, whatever the one before it wrote`, () =>
      inDirectory(async (directory) => {
        const [learn, read] = await twoRounds(directory, cellsOf(backend).slice(0, 2))
        expect(verified(read!)).to.deep.equal([ENTRIES, ENTRIES])
        // As they are and opened again, with what the round wrote; the warm-up writes too.
        const most = 2 * (ENTRIES + 100)
        for (const slots of learn!.rounds.map((round) => round.verified))
          expect(slots, learn!.reason).to.be.within(2 * (ENTRIES + 10), most)
        expect(learn!.rounds).to.have.length(2)
        expect(readdirSync(directory)).to.deep.equal(['filled-0'])
      }))

  it('are left as a killed process leaves them', () =>
    inDirectory(async (directory) => {
      const [, , killed] = await twoRounds(directory, cellsOf('faster'))
      expect(killed?.reason).to.equal(undefined)
      expect(killed?.rounds.map(({ figures }) => figures?.['cleanClose'])).to.deep.equal([0, 0])
      expect(readdirSync(directory).sort()).to.deep.equal(['filled-0', 'filled-1'])
    }))

  it('are no use to a cell on a subject that stores nothing: it fills its own', () =>
    inDirectory(async (directory) => {
      const cells = cellsOf('memory')
      const filled = await new FilledSubjects(directory, TIMEOUT_MS).of(cells[0]!)
      expect(readdirSync(filled!)).to.deep.equal([])
      const [, read, killed] = await twoRounds(directory, cells)
      expect(verified(read!)).to.deep.equal([ENTRIES, ENTRIES])
      expect(killed?.reason).to.equal('survives nothing, not process-crash')
    }))

  it('fail the cells that need them when the filling fails', () =>
    inDirectory(async (directory) => {
      const [result] = await twoRounds(directory, cellsOf('no-such-backend'))
      expect(result?.outcome).to.equal('failed')
      expect(result?.reason).to.match(/could not be filled with 10001 entries: [^]*no-such-backend/)
    }))

  it('are filled anew once a cell may have spoiled them', () =>
    inDirectory(async (directory) => {
      const subjects = new FilledSubjects(directory, TIMEOUT_MS)
      const [cell, other] = cellsOf('raw-append') as [PlannedCell, PlannedCell]
      const first = await subjects.of(cell)
      expect(await subjects.of(other)).to.equal(first)
      const ofAnother = await subjects.of(cellsOf('raw-level')[0]!)
      await subjects.discard(other)
      expect(existsSync(first!)).to.equal(false)
      const second = await subjects.of(cell)
      expect(existsSync(second!)).to.equal(true)
      expect(second, 'that of another subject').not.to.equal(ofAnother)
    }))

  it('fail the cells that need them when the filling hangs', () =>
    inDirectory(async (directory) => {
      const filled = new FilledSubjects(directory, 1).of(cellsOf('raw-append')[0]!)
      const error: unknown = await filled.catch((reason: unknown) => reason)
      expect(error)
        .to.be.an('error')
        .with.property('message')
        .that.matches(/did not end within 1 ms/)
    }))

  it('are not made for a few entries', () =>
    inDirectory(async (directory) => {
      const subjects = new FilledSubjects(directory, TIMEOUT_MS)
      expect(await subjects.of({ backend: 'faster', workload: tiny[0]! })).to.equal(undefined)
      await subjects.discard({ backend: 'faster', workload: tiny[0]! })
    }))
})
