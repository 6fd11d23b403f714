import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { expect } from 'chai'
import { readme, READMES } from '../src/cli/readme-command.js'
import { record } from '../src/cli/record-command.js'
import { newestResult, RESULTS_FOLDER } from '../src/cli/results-folder.js'
import { readReport } from '../src/compare/read-report.js'
import type { BenchReport } from '../src/harness/measures.js'
import { jsonReport } from '../src/report/json-report.js'
import { withTables } from '../src/report/readme-markers.js'
import { isPublished, README_TABLES } from '../src/report/readme-tables.js'
import { judgeTargets } from '../src/targets/judge-targets.js'
import { TARGETS } from '../src/targets/targets.js'
import { fixture, inDirectory, measured, messageOf } from './support.js'

const silent = { out: () => {}, err: () => {}, isInteractive: false }

const marked = (name: string): string =>
  `before\n\n<!-- bench: ${name} -->\nold\n<!-- end of bench -->\nafter\n`

function report(ns: number): BenchReport {
  const results = [measured('faster', 'closed-loop-1', [ns]), measured('machine', 'flush-1', [100_000])]
  const environment = { date: '2026-01-02T03:04:05Z', cpu: 'a cpu', cores: 2, node: 'v20', commit: 'abc' }
  return { format: 2, environment, results, targets: judgeTargets(TARGETS, results) }
}

describe('tables in READMEs', () => {
  it('are what the newest run that is kept says', async () => {
    const newest = newestResult(RESULTS_FOLDER)
    const kept = newest === undefined ? undefined : await readReport(newest)
    for (const file of READMES) {
      const text = await readFile(file, 'utf8')
      expect(text, file).to.include('<!-- bench: ')
      expect(withTables(text, kept), `${file}: npm run bench -- readme`).to.equal(text)
    }
  })

  it('show figures with what they depend on', () => {
    const made = withTables(marked('targets-hybrid'), report(120_000))
    expect(made).to.match(/^before\n\n<!-- bench: targets-hybrid -->\n\| target/)
    expect(made).to.include(
      '| durable commit, 1 in flight | raw pwrite + fdatasync on a recycled file | 1.2 x (one round) |',
    )
    expect(made).to.include('Measured on 2026-01-02 at abc: a cpu, 2 cores')
    expect(made).to.match(/<!-- end of bench -->\nafter\n$/)
    expect(withTables(made, report(120_000))).to.equal(made)
    expect(withTables(marked('summary'), report(120_000))).to.include(
      '| durable commit, one at a time | 120 us (one round) |',
    )
  })

  it('say what failed, where a figure would stand', () => {
    const { results, ...rest } = report(120_000)
    const failed = { ...results[0]!, outcome: 'failed' as const, rounds: [], medianNs: undefined }
    const made = withTables(marked('summary'), { ...rest, results: [failed, results[1]!] })
    expect(made).to.include('| durable commit, one at a time | FAILED |')
  })

  it('say how to make a run while there is none', () => {
    for (const name of README_TABLES.keys())
      expect(withTables(marked(name), undefined)).to.include('npm run bench -- record')
  })

  it('have a name that there is', () => {
    expect(messageOf(() => withTables(marked('prices'), undefined))).to.match(
      /no table "prices" for a README; allowed are targets-hybrid, targets-interface, summary/,
    )
  })

  it('say which cells they show, so that those keep their rounds', () => {
    expect(isPublished('raw-sqlite', 'closed-loop-1')).to.equal(true)
    expect(isPublished('machine', 'flush-100')).to.equal(true)
    expect(isPublished('machine', 'closed-loop-1')).to.equal(false)
    expect(isPublished('memory', 'closed-loop-1')).to.equal(false)
    expect(isPublished('faster', 'mix-50-50')).to.equal(false)
  })

  it('are made from a run that was recorded', async () => {
    await inDirectory(async (directory) => {
      const [folder, resume] = [join(directory, 'results'), join(directory, 'cache/record.jsonl')]
      const options = {
        ...{ backends: ['memory'], workload: ['tiny'], workloadFile: [fixture('tiny-workloads')] },
        ...{ rounds: 1, measureMs: 1, directory, resume },
      }
      expect(await record(silent, options, folder)).to.equal(0)
      const newest = newestResult(folder)
      const kept = newest === undefined ? undefined : await readReport(newest)
      expect(kept?.results.find(({ backend }) => backend === 'memory')?.outcome).to.equal('measured')
      expect((await readdir(folder)).sort().map((name) => extname(name))).to.deep.equal(['.html', '.json'])
      expect(await readdir(join(directory, 'cache')), 'the journal of a whole run').to.deep.equal([])
    })
  }).timeout(60_000)

  it('are made from the newest of several runs', async () => {
    await inDirectory(async (directory) => {
      const [folder, file] = [join(directory, 'results'), join(directory, 'README.md')]
      await mkdir(folder)
      await writeFile(join(folder, '2026-01-02-node-20-abc.json'), jsonReport(report(120_000)))
      await writeFile(join(folder, '2026-01-01-node-20-def.json'), jsonReport(report(300_000)))
      await writeFile(file, marked('targets-hybrid'))
      expect(await readme(silent, [file], folder)).to.equal(0)
      expect(await readFile(file, 'utf8')).to.include('| 1.2 x (one round) |')
    })
  })
})
