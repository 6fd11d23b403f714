import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { run } from '../src/cli/program.js'
import { Journal } from '../src/harness/journal.js'
import type { BenchReport } from '../src/harness/measures.js'
import { runCells } from '../src/harness/run-cells.js'
import { workloads } from './fixtures/tiny-workloads.js'
import { fixture, inDirectory, messageOf } from './support.js'

const CONDITIONS = { node: 'v20', measureMs: 1 }

describe('an interrupted run', function () {
  this.timeout(60_000)

  it('goes on from the rounds that are finished', async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, 'run.jsonl')
      const request = {
        cells: [{ backend: 'memory', workload: workloads[0]! }],
        limits: { warmUpMs: 1, measureMs: 1 },
        directory,
        workloadFiles: [fixture('tiny-workloads')],
        timeoutMs: 30_000,
      }
      const [first] = await runCells({ ...request, rounds: 2, journal: new Journal(file, CONDITIONS) })
      // As if it had been killed while it wrote its third round.
      await appendFile(file, '{"cell":"memory tiny-learn","round":2,"mess')
      const [all] = await runCells({ ...request, rounds: 3, journal: new Journal(file, CONDITIONS) })
      expect(all?.rounds).to.have.length(3)
      expect(all?.rounds.slice(0, 2)).to.deep.equal(first?.rounds)
      expect((await readFile(file, 'utf8')).trim().split('\n')).to.have.length(1 + 3)
    })
  })

  it('remembers a cell that failed', async () => {
    await inDirectory(async (directory) => {
      const journal = new Journal(join(directory, 'run.jsonl'), CONDITIONS)
      journal.add('memory tiny-learn', 0, { kind: 'failed', reason: 'it lost a record' })
      const again = new Journal(join(directory, 'run.jsonl'), CONDITIONS)
      const [result] = await runCells({
        cells: [{ backend: 'memory', workload: workloads[0]! }],
        limits: { warmUpMs: 1, measureMs: 1 },
        rounds: 1,
        directory,
        workloadFiles: [],
        timeoutMs: 1,
        journal: again,
      })
      expect(result).to.include({ outcome: 'failed', reason: 'it lost a record' })
    })
  })

  it('refuses rounds that were measured under other conditions, and files that are none of ours', async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, 'run.jsonl')
      new Journal(file, CONDITIONS)
      expect(messageOf(() => new Journal(file, { ...CONDITIONS, node: 'v22' }))).to.match(
        /measured with node v20, not v22: name another file/,
      )
      await writeFile(file, 'notes\n')
      expect(messageOf(() => new Journal(file, CONDITIONS))).to.match(/run.jsonl is no journal/)
      expect(await readFile(file, 'utf8')).to.equal('notes\n')
    })
  })

  it('is resumed from the command line', async () => {
    await inDirectory(async (directory) => {
      const [resume, json] = ['run.jsonl', 'run.json'].map((name) => join(directory, name))
      const silent = { out: () => {}, err: () => {}, isInteractive: false }
      const files = ['--resume', resume!, '--json', json!, '--directory', directory]
      const rest = ['--workload-file', fixture('tiny-workloads'), '--measure-ms', '1', '--rounds', '1']
      const argv = ['--backends', 'memory', '--workload', 'tiny', ...rest, ...files]
      expect(await run(argv, silent)).to.equal(0)
      const first = JSON.parse(await readFile(json!, 'utf8')) as BenchReport
      expect(await run(argv, silent)).to.equal(0)
      const second = JSON.parse(await readFile(json!, 'utf8')) as BenchReport
      expect(second.results).to.deep.equal(first.results)
    })
  })
})
