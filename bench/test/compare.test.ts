import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { compareReports, differences, summarise } from '../src/compare/compare-reports.js'
import { rankSumP } from '../src/compare/rank-sum.js'
import { readReport } from '../src/compare/read-report.js'
import type { BenchReport, CellResult } from '../src/harness/measures.js'
import { runCells } from '../src/harness/run-cells.js'
import { waitsFor } from '../src/harness/waits-for.js'
import { run } from '../src/cli/program.js'
import { workloads } from './fixtures/tiny-workloads.js'
import { fixture, inDirectory, measured } from './support.js'

const report = (results: readonly CellResult[]): BenchReport => ({
  format: 2,
  environment: {},
  results,
  targets: [],
})

const verdicts = (before: readonly CellResult[], after: readonly CellResult[]): string[] =>
  compareReports(report(before), report(after)).map(({ verdict }) => verdict)

describe('compare', function () {
  this.timeout(60_000)

  it('gives the exact p-value of the rank sum test', () => {
    // Two of the 252 ways to divide ten ranks are as extreme as complete separation.
    expect(rankSumP([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).to.be.closeTo(2 / 252, 1e-12)
    expect(rankSumP([1, 4], [2, 3])).to.equal(1)
    expect(rankSumP([5, 5, 5], [5, 5, 5])).to.equal(1)
    expect(rankSumP([], [1])).to.equal(1)
  })

  it('calls a cell slower or faster only where every doubt is small', () => {
    const cell = (ns: readonly number[]): CellResult[] => [measured('a', 'w', ns)]
    const before = cell([100, 101, 102, 103, 104])
    expect(verdicts(before, cell([200, 201, 202, 203, 204]))).to.deep.equal(['slower'])
    expect(verdicts(before, cell([50, 51, 52, 53, 54]))).to.deep.equal(['faster'])
    expect(verdicts(before, cell([99, 150, 102, 100, 160]))).to.deep.equal(['same'])
    expect(verdicts(before, cell([105, 106, 105, 106, 105]))).to.deep.equal(['same'])
    expect(verdicts(before, cell([200, 201]))).to.deep.equal(['too few rounds'])
  })

  it('names a cell that fails now, and one that only one run has', () => {
    const good = measured('a', 'w', [1, 2, 3, 4, 5])
    const failed: CellResult = { ...good, outcome: 'failed', reason: 'it lost a record', rounds: [] }
    expect(verdicts([good], [failed])).to.deep.equal(['newly failing'])
    expect(verdicts([], [good])).to.deep.equal(['only in one'])
    expect(verdicts([failed], [failed])).to.deep.equal(['not measured'])
  })

  it('misses what was measured before, unless less was asked for', () => {
    const good = measured('a', 'w', [1, 2, 3, 4, 5])
    const left: CellResult = { ...good, outcome: 'not applicable', reason: 'no such reads', rounds: [] }
    expect(verdicts([good], [left])).to.deep.equal(['no longer measured'])
    expect(verdicts([good], [])).to.deep.equal(['no longer measured'])
    const less = { ...report([]), environment: { arguments: '--suite growth' } }
    expect(compareReports(report([good]), less)[0]?.verdict).to.equal('only in one')
    expect(differences(report([good]), less)).to.deep.equal(['arguments was -, and is --suite growth'])
  })

  it('tells each round in units of what the machine did in it', () => {
    const K = [10, 30, 20, 10, 40]
    const drifted = (unit: string, factor: number, waits: CellResult['waitsFor']): CellResult[] => [
      {
        ...measured(
          'a',
          'w',
          K.map((ns, round) => ns * factor * (1 + round / 1_000)),
        ),
        waitsFor: waits,
      },
      measured('machine', unit, K),
    ]
    const steady = (unit: string, waits: CellResult['waitsFor']): CellResult[] => [
      { ...measured('a', 'w', [50, 51, 52, 53, 54]), waitsFor: waits },
      measured('machine', unit, [10, 10, 10, 10, 10]),
    ]
    const compared = (unit: string, waits: CellResult['waitsFor'], factor: number) =>
      compareReports(report(steady(unit, waits)), report(drifted(unit, factor, waits)))[0]
    expect(compared('kernel-k', 'processor', 5.2)).to.include({ verdict: 'same', by: 'K' })
    expect(compared('flush-1', 'device', 5.2)).to.include({ verdict: 'same', by: 'flush' })
    expect(compared('kernel-k', 'processor', 8)).to.include({ verdict: 'slower', by: 'K' })
    expect(compared('kernel-k', 'device', 5.2)).to.include({ by: 'time' })
  })

  it('leaves the machine out of what it comes to, and is not content where it judged nothing', () => {
    const verdict = (before: CellResult[], after: CellResult[]): ReturnType<typeof summarise> =>
      summarise(compareReports(report(before), report(after)))
    const slow = (backend: string): [CellResult[], CellResult[]] => [
      [measured(backend, 'w', [1, 2, 3, 4, 5])],
      [measured(backend, 'w', [11, 12, 13, 14, 15])],
    ]
    expect(verdict(...slow('machine'))).to.deep.equal({ judged: 0, cells: 0, isWorse: false })
    expect(verdict(...slow('a'))).to.deep.equal({ judged: 1, cells: 1, isWorse: true })
    expect(waitsFor('lmdb', { survives: 'nothing' })).to.equal('device')
    expect(waitsFor('faster', { survives: 'nothing' })).to.equal('processor')
    expect(waitsFor('faster', { survives: 'power-loss' })).to.equal('device')
    expect(waitsFor('lmdb', { survives: 'power-loss', isReadOnly: true })).to.equal('processor')
  })

  it('flags a backend that was slowed on purpose', async () => {
    const [workload] = workloads
    const results = await inDirectory((directory) =>
      runCells({
        cells: ['memory', fixture('slowed-backend')].map((backend) => ({ backend, workload: workload! })),
        rounds: 5,
        limits: { warmUpMs: 1, measureMs: 1 },
        directory,
        workloadFiles: [fixture('tiny-workloads')],
        timeoutMs: 30_000,
      }),
    )
    const [before, after] = results.map((result) => report([{ ...result, backend: 'memory' }]))
    const [comparison] = compareReports(before!, after!)
    expect(comparison?.verdict).to.equal('slower')
    expect(compareReports(before!, before!)[0]?.verdict).to.equal('same')
  })

  it('reads the format before, and judges its rounds as those of today', async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, 'old.json')
      const results = [measured('faster', 'closed-loop-1', [120]), measured('machine', 'flush-1', [100])]
      const environment = { arguments: '--quick' }
      await writeFile(file, JSON.stringify({ format: 1, environment, results, targets: [{ met: 'met' }] }))
      const { format, targets } = await readReport(file)
      expect(format).to.equal(2)
      expect(targets.find(({ rounds }) => rounds === 1)).to.include({ met: true, verdict: 'met (quick)' })
      await writeFile(file, JSON.stringify({ format: 3, environment, results, targets }))
      const error: unknown = await readReport(file).catch((reason: unknown) => reason)
      expect(error)
        .to.be.an('error')
        .with.property('message')
        .that.matches(/format 1 or 2/)
    })
  })

  it('exits with 1 when something became slower, and with 2 when a file is no report', async () => {
    await inDirectory(async (directory) => {
      const lines: string[] = []
      const terminal = {
        out: (line: string) => lines.push(line),
        err: (line: string) => lines.push(line),
        isInteractive: false,
      }
      const [fast, slow, other] = ['fast.json', 'slow.json', 'other.json'].map((name) =>
        join(directory, name),
      )
      await writeFile(fast!, JSON.stringify(report([measured('a', 'w', [1, 2, 3, 4, 5])])))
      await writeFile(slow!, JSON.stringify(report([measured('a', 'w', [11, 12, 13, 14, 15])])))
      await writeFile(other!, '{}')
      expect(await run(['compare', fast!, slow!], terminal)).to.equal(1)
      expect(lines.join('\n')).to.match(/slower/)
      expect(await run(['compare', slow!, fast!], terminal)).to.equal(0)
      expect(lines.at(-1)).to.equal('judged 1 of 1 cells')
      await writeFile(other!, JSON.stringify(report([])))
      expect(await run(['compare', other!, other!], terminal)).to.equal(1)
      await writeFile(other!, '{}')
      expect(await run(['compare', fast!, other!], terminal)).to.equal(2)
      expect(lines.at(-1)).to.match(/other.json is no report/)
      expect(await run(['compare', fast!, join(directory, 'absent.json')], terminal)).to.equal(2)
    })
  })
})
