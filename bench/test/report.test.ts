import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { run } from '../src/cli/program.js'
import type { BenchReport } from '../src/harness/measures.js'
import { whyNotDurable } from '../src/machine/file-system.js'
import { targetRow } from '../src/report/format.js'
import { htmlReport } from '../src/report/html-report.js'
import { judgeTargets } from '../src/targets/judge-targets.js'
import type { Target } from '../src/targets/target.js'
import { TARGETS } from '../src/targets/targets.js'
import { loadWorkloads } from '../src/workloads/load-workloads.js'
import { fixture, inDirectory, measured } from './support.js'

const target: Target = {
  table: 1,
  name: 'a read',
  reference: 'another read',
  subject: { backend: 'a', workload: 'w' },
  against: { backend: 'b', workload: 'w' },
  as: 'ratio',
  unit: 'x',
  must: 2,
  aim: 1,
}
const silent = { out: () => {}, err: () => {}, isInteractive: false }

describe('report', function () {
  this.timeout(60_000)

  it('judges a target by what was measured', () => {
    const [a, b] = [measured('a', 'w', [300]), measured('b', 'w', [100])]
    const verdict = (changed: Partial<Target>, results = [a, b]): string | undefined =>
      judgeTargets([{ ...target, ...changed }], results)[0]?.verdict
    expect(verdict({})).to.equal('not met')
    expect(verdict({ must: 3 })).to.equal('met')
    expect(verdict({ must: undefined })).to.equal('met')
    expect(verdict({ as: 'speed-up', isFloor: true, must: 0.3 })).to.equal('met')
    expect(verdict({ as: 'speed-up', isFloor: true, must: 0.4 })).to.equal('not met')
    expect(verdict({ as: 'difference', must: 200 })).to.equal('met')
    expect(verdict({ as: 'entries-per-second', isFloor: true, must: 3e6 })).to.equal('met')
    expect(verdict({ must: 5, notCrediblePast: 2.9 })).to.equal('met')
    expect(verdict({ must: 5, notCrediblePast: 3.1 })).to.equal('not credible')
    expect(verdict({ as: 'speed-up', isFloor: true, notCrediblePast: 0.3 })).to.equal('not credible')
    expect(verdict({}, [a])).to.equal('not available yet')
    expect(verdict({ subject: undefined })).to.equal('not available yet')
  })

  it('shows beside a target what those reach who only flush, and judges the log by what must be', () => {
    const results = [measured('a', 'w', [300]), measured('b', 'w', [100]), measured('limit', 'w', [250])]
    const [row] = judgeTargets([{ ...target, limit: { backend: 'limit', workload: 'w' } }], results)
    expect(row).to.include({ ratio: 3, limit: 2.5, met: false })
    expect(judgeTargets([target], results)[0]?.limit).to.equal(undefined)
  })

  it('says what rests on one round, as if nothing could have disturbed it', () => {
    const ratio = (...rounds: readonly number[][]): string | undefined => {
      const results = [measured('a', 'w', rounds[0]!), measured('b', 'w', rounds[1]!)]
      return targetRow(judgeTargets([target], results)[0]!)[2]
    }
    expect(ratio([300, 300], [100, 100])).to.equal('3 x')
    expect(judgeTargets([target], [])[0]?.range).to.equal(undefined)
    expect(ratio([300, 300], [100])).to.equal('3 x (one round)')
    expect(judgeTargets([target], [])[0]?.rounds).to.equal(undefined)
  })

  it('takes the median of the ratios of rounds, because subject and reference drift together', () => {
    const results = [measured('a', 'w', [100, 300, 500]), measured('b', 'w', [50, 100, 1_000, 7])]
    const [row] = judgeTargets([target], results)
    expect(row).to.deep.include({ ratio: 2, range: [0.5, 3], rounds: 3, met: true, isUncertain: true })
    expect(targetRow(row!).slice(2)).to.deep.equal(['2 x', '0.5 to 3', '2 x', '1 x', '-', 'met (uncertain)'])
    const [sure] = judgeTargets([{ ...target, must: 3 }], results)
    expect(sure).to.include({ met: true, isUncertain: false, verdict: 'met' })
  })

  it('says what could not be judged, and why, in a way that nobody takes for met', () => {
    const [a, b] = [measured('a', 'w', [300]), measured('b', 'w', [100])]
    const failed = { ...a, outcome: 'failed' as const, rounds: [], medianNs: undefined }
    expect(judgeTargets([target], [failed, b])[0]).to.include({ met: null, verdict: 'failed' })
    expect(judgeTargets([target], [a])[0]).to.include({ met: null, verdict: 'not available yet' })
    const [quick] = judgeTargets([target], [a, b], { isQuick: true })
    expect(quick).to.include({ met: false, verdict: 'not met (quick)' })
  })

  it('believes no durable figure where a flush proves nothing, and warns of it', () => {
    const results = [measured('a', 'w', [300]), measured('b', 'w', [100])]
    const of = (isDurable: boolean): unknown =>
      judgeTargets([{ ...target, must: 3, isDurable }], results, { isNotDurable: true })[0]
    expect(of(true)).to.include({ met: null, verdict: 'not credible (a flush proves nothing here)' })
    expect(of(false)).to.include({ met: true })
    expect(whyNotDurable(0x0102_1994)).to.match(/on tmpfs: it keeps files in memory/)
    // As a system tells it that has 32 bits with a sign.
    expect(whyNotDurable(0x8584_58f6 | 0)).to.match(/on ramfs/)
    expect(whyNotDurable(0x794c_7630)).to.match(/on overlay/)
    expect(whyNotDurable(0xef53), 'ext4').to.equal(undefined)
    const page = htmlReport({ format: 2, environment: { warning: 'on <tmpfs>' }, results, targets: [] })
    expect(page).to.include('<b>WARNING</b> on &lt;tmpfs&gt;')
  })

  it('says where not even the limit is what must be', () => {
    const results = [measured('a', 'w', [300]), measured('b', 'w', [100]), measured('limit', 'w', [250])]
    const of = (must: number): string | undefined =>
      judgeTargets([{ ...target, must, limit: { backend: 'limit', workload: 'w' } }], results)[0]?.verdict
    expect(of(2)).to.equal('not met (out of reach: the limit misses it too)')
    expect(of(2.7)).to.equal('not met')
    expect(of(3)).to.equal('met')
  })

  it('leaves rounds out that cannot be, and judges nothing where most of them cannot', () => {
    const rounds = (ns: readonly number[]): ReturnType<typeof judgeTargets>[number] => {
      const results = [measured('a', 'w', ns), measured('b', 'w', [100, 100, 100])]
      return judgeTargets([{ ...target, notCrediblePast: 0.9 }], results)[0]!
    }
    const one = rounds([50, 200, 300])
    expect(one).to.deep.include({
      ratio: 2.5,
      range: [2, 3],
      rounds: 2,
      roundsNotCredible: 1,
    })
    expect(targetRow(one).at(-1)).to.equal('not met (uncertain, 1 of 3 rounds not credible)')
    expect(rounds([50, 60, 130])).to.include({ met: null, verdict: 'not credible', ratio: 0.6 })
  })

  it('holds every target against workloads that there are', async () => {
    const names = new Set((await loadWorkloads([])).map(({ name }) => name))
    const wanted = TARGETS.flatMap(({ subject, against, limit }) => [subject, against, limit]).filter(
      (item) => item !== undefined,
    )
    expect(wanted.map(({ workload }) => workload).filter((name) => !names.has(name))).to.deep.equal([])
  })

  it('makes a page that needs nothing from elsewhere and runs no text of others', () => {
    const growth = ['growth-10k', 'growth-1m'].map((name) => measured('faster', name, [100]))
    const results = [...growth, measured('<script>', 'learn-1', [100])]
    const report: BenchReport = {
      format: 2,
      environment: { cpu: 'a & b' },
      results,
      targets: judgeTargets([target], results),
    }
    const page = htmlReport(report)
    expect(page).not.to.match(/<script|https?:|src=|NaN|undefined|Infinity/)
    expect(page).to.include('&lt;script&gt;').and.to.include('a &amp; b')
    expect(page.match(/<svg/g)).to.have.length.at.least(2)
  })

  it('runs a workload of its user on backends of its user, writes all reports, and exits with 1 for a failed cell', async () => {
    await inDirectory(async (directory) => {
      const [json, html, markdown] = ['run.json', 'run.html', 'run.md'].map((name) => join(directory, name))
      const argv = [
        '--backends',
        `memory,${fixture('losing-backend')}`,
        '--workload',
        'tiny',
        '--rounds',
        '1',
      ]
      const files = ['--json', json!, '--html', html!, '--markdown', markdown!, '--directory', directory]
      const code = await run(
        [...argv, '--workload-file', fixture('tiny-workloads'), '--measure-ms', '1', ...files],
        silent,
      )
      expect(code).to.equal(1)
      const { environment, results, targets } = JSON.parse(await readFile(json!, 'utf8')) as BenchReport
      expect(environment).to.include.keys(
        'cpu',
        'fileSystem',
        'kernelKNs',
        'fdatasyncP50Us',
        'fdatasyncP99Us',
      )
      const outcomes = results
        .filter(({ workload }) => workload === 'tiny-learn')
        .map(({ outcome }) => outcome)
      expect(outcomes).to.deep.equal(['measured', 'failed'])
      expect(targets).to.have.length(TARGETS.length)
      expect(await readFile(html!, 'utf8'))
        .to.include('<h2 id="targets">')
        .and.to.include('FAILED')
      expect(await readFile(markdown!, 'utf8')).to.include('| memory | tiny-learn |')
    })
  })

  it('exits with 2 when it is used wrongly', async () => {
    expect(await run(['--suite', 'everything'], silent)).to.equal(2)
    expect(await run(['--rounds', '0'], silent)).to.equal(2)
    expect(await run(['record', '--rounds', '0'], silent)).to.equal(2)
    expect(await run(['record', '--suite', 'growth'], silent)).to.equal(2)
    expect(await run(['--help'], silent)).to.equal(0)
  })
})
