import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { ConformanceReport } from '@persistent-log/conformance'
import { run } from '../src/program.js'
import { plog, temporaryDirectory } from './support.js'

const FORGETFUL = fileURLToPath(new URL('./fixtures/forgetful-backend.js', import.meta.url))
const ONE_CASE = ['--only', 'ballot.lower-rejected']

describe('plog conformance', function () {
  this.timeout(60_000) // Opens real engines.
  const place = temporaryDirectory()
  const reportIn = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as ConformanceReport

  it('ends with 0 when every case passes, and writes the report', async () => {
    const json = join(place.path, 'report.json')
    const page = join(place.path, 'certificate.html')
    const files = ['--json', json, '--html', page]
    const argv = ['conformance', '@persistent-log/backend-lmdb', ...ONE_CASE, '--seed', '7', ...files]
    const { exitCode, out, err } = await plog(argv)
    expect(exitCode, err).to.equal(0)
    expect(out.split('\n').at(-1)).to.equal('1 passed, 0 failed, 0 skipped')
    expect(out).to.include('replay with --seed 7')
    expect(err).to.match(/^ok {7}1\/1 ballot\.lower-rejected: /m)
    expect(readFileSync(page, 'utf8')).to.match(/^<!doctype html>[^]*Incomplete<\/strong> 1 cases passed/)
    const report = reportIn(json)
    expect(report).to.deep.include({ backend: 'lmdb', passed: 1, failed: 0, skipped: [], kills: 0 })
    expect(report.ackedWrites).to.deep.equal({ verified: 0, lost: 0 })
    expect(report.seeds.run).to.equal(7)
  })

  it('says before the first case what repeats the run, which may be killed', async () => {
    const asked = ['--seed', '7', '--tier', '1,2', '--budget', 'full']
    const { err } = await plog(['conformance', 'memory', ...ONE_CASE, ...asked])
    expect(err.split('\n')[0]).to.equal('memory: 1 cases; replay with --seed 7 --tier 1,2 --budget full')
    const drawn = await plog(['conformance', 'memory', ...ONE_CASE], { isInteractive: true })
    const [, seed] =
      /^memory: 1 cases; replay with --seed (\d+) --tier 1 --budget quick$/m.exec(drawn.err) ?? []
    expect(drawn.out).to.include(`replay with --seed ${seed}\n`)
  })

  it('tries hard where all tiers are asked for, unless it is told otherwise', async () => {
    const first = async (...asked: readonly string[]): Promise<string> => {
      const { err } = await plog(['conformance', 'memory', ...ONE_CASE, '--seed', '7', ...asked])
      return err.split('\n')[0] ?? ''
    }
    expect(await first('--tier', '3,2,1')).to.match(/--tier 1,2,3 --budget full$/)
    expect(await first('--tier', '1,2,3', '--budget', 'quick')).to.match(/--tier 1,2,3 --budget quick$/)
    expect(await first('--tier', '1,3')).to.match(/--tier 1,3 --budget quick$/)
  })

  it('runs one case, and shows what became of each tier', async () => {
    const json = join(place.path, 'report.json')
    const argv = ['conformance', 'memory', '--case', 'cap.well-formed', '--tier', '1,2', '--json', json]
    const { exitCode, out } = await plog(argv)
    expect(exitCode).to.equal(0)
    expect(out).to.include('tier 1: 1 passed, 0 failed, 0 skipped\ntier 2: 0 passed, 0 failed, 0 skipped')
    const nothing = { passed: 0, failed: 0, skipped: 0, missing: [] }
    expect(reportIn(json).tiers).to.deep.equal([
      { tier: 1, ...nothing, passed: 1 },
      { tier: 2, ...nothing },
    ])
  })

  it('makes the logs in the directory that it is given, and cleans up', async () => {
    const argv = ['conformance', 'lmdb', ...ONE_CASE, '--directory', place.path]
    expect((await plog(argv, { isInteractive: true })).exitCode).to.equal(0)
    expect(readdirSync(place.path)).to.deep.equal([])
  })

  it('ends with 1 when a case fails, and names it', async () => {
    const json = join(place.path, 'report.json')
    const { exitCode, out, err } = await plog(['conformance', FORGETFUL, '--only', 'promise', '--json', json])
    expect(exitCode).to.equal(1)
    expect(out).to.match(/^FAILED promise\./m)
    expect(err).to.match(/^FAILED +\d+\/\d+ promise\./m)
    expect(reportIn(json).failed).to.be.greaterThan(0)
    expect(
      (await plog(['conformance', FORGETFUL, '--only', 'promise'], { isInteractive: true })).exitCode,
    ).to.equal(1)
  })

  it('ends with 1 when no case tries the state that is asked for', async () => {
    const { exitCode, out } = await plog(['conformance', 'memory', ...ONE_CASE, '--state', 'foo'])
    expect(exitCode).to.equal(1)
    expect(out).to.match(/^FAILED kit\.tries-the-state: .*\n +state: must be one that .*, got "foo"$/m)
  })

  it('shows what came of a run whose report can no longer be written, and writes the other file', async () => {
    const [json, page] = [join(place.path, 'report.json'), join(place.path, 'certificate.html')]
    const out: string[] = []
    const err: string[] = []
    const terminal = {
      isInteractive: false,
      err: (line: string) => void err.push(line),
      out: (line: string) => {
        // The summary comes first: by now the run is over, and the file is no longer one that can be written.
        if (out.push(line) === 1) mkdirSync(json)
      },
    }
    const argv = ['conformance', 'memory', ...ONE_CASE, '--json', json, '--html', page]
    expect(await run(argv, terminal)).to.equal(1)
    expect(out.at(-1)).to.equal('1 passed, 0 failed, 0 skipped')
    expect(err.at(-1)).to.match(/^PLOG_IO: writing the report failed: EISDIR: .*report\.json'$/)
    expect(readFileSync(page, 'utf8')).to.include('1 cases passed')
  })

  it('does without what is waived, and lists the reason', async () => {
    const [json, waivers] = [join(place.path, 'report.json'), join(place.path, 'waivers.json')]
    writeFileSync(waivers, '{ "ballot.lower-rejected": "it forgets ballots" }')
    const argv = ['conformance', 'memory', '--only', 'ballot', '--waivers', waivers, '--json', json]
    const { exitCode, out } = await plog(argv)
    expect(exitCode).to.equal(0)
    expect(out).to.include('skipped ballot.lower-rejected: it forgets ballots')
    expect(reportIn(json).skipped).to.deep.include({
      case: 'ballot.lower-rejected',
      tier: 1,
      reason: 'it forgets ballots',
      because: 'waiver',
    })
  })

  for (const [title, content, message] of [
    ['that are no JSON', '{', 'PLOG_INVALID_CONFIG: --waivers: must be JSON'],
    ['that are a list', '[]', 'PLOG_INVALID_CONFIG: --waivers: must be an object of case ids and reasons'],
    [
      'of a case that there is not',
      '{ "no.such": "x" }',
      'PLOG_INVALID_CONFIG: --waivers.no.such: no case has',
    ],
    [
      'without a reason',
      '{ "ballot.lower-rejected": " " }',
      'PLOG_INVALID_CONFIG: --waivers.ballot.lower-rejected: must be the reason',
    ],
  ] as const) {
    it(`refuses waivers ${title}`, async () => {
      const waivers = join(place.path, 'waivers.json')
      writeFileSync(waivers, content)
      const { exitCode, out, err } = await plog(['conformance', 'memory', ...ONE_CASE, '--waivers', waivers])
      expect([exitCode, out]).to.deep.equal([1, ''])
      expect(err).to.include(message)
    })
  }

  const refused: [title: string, argv: string[], message: string][] = [
    [
      'an unknown backend',
      ['lmbd'],
      'PLOG_UNKNOWN_BACKEND: unknown backend "lmbd"; known are memory, faster, lmdb, level',
    ],
    ['options that are no JSON', ['lmdb', '--options', '{'], 'PLOG_INVALID_CONFIG: --options: must be JSON'],
    [
      'an option that does not exist',
      ['lmdb', '--options', '{"no":1}'],
      'PLOG_INVALID_CONFIG: options.lmdb.no: is not a known key',
    ],
    [
      'a directory that does not exist',
      ['lmdb', '--directory', '/no/such'],
      'PLOG_INVALID_CONFIG: --directory: must be a directory that logs can be made in, got "/no/such": ENOENT',
    ],
    [
      'a directory that does not exist, for a backend without files too',
      ['memory', '--directory', '/no/such'],
      'PLOG_INVALID_CONFIG: --directory: must be a directory that logs can be made in, got "/no/such": ENOENT',
    ],
    [
      'a misspelt case beside one that there is',
      ['memory', '--only', 'basic', 'nosuch'],
      'PLOG_INVALID_CONFIG: --only: must mean a case: there are the categories basic, ',
    ],
    [
      'a case of another tier',
      ['memory', '--case', 'cap.well-formed', '--tier', '2'],
      'PLOG_INVALID_CONFIG: --case: must mean a case that is run: all that it means is of tier 1, and tier 2 is run',
    ],
    [
      'waivers that cannot be read',
      ['lmdb', '--waivers', '/no/such.json'],
      'PLOG_IO: reading the waivers failed: ENOENT',
    ],
    [
      'a report that could not be written',
      ['lmdb', '--json', '/no/such/report.json'],
      'PLOG_INVALID_CONFIG: --json: must be a file that can be written, got "/no/such/report.json": ENOENT',
    ],
    [
      'a report in the place of a directory',
      ['memory', '--json', '/'],
      'PLOG_INVALID_CONFIG: --json: must be a file that can be written, got "/": it is a directory',
    ],
    [
      'a certificate in the place of a directory',
      ['memory', '--html', '/usr'],
      'PLOG_INVALID_CONFIG: --html: must be a file that can be written, got "/usr": it is a directory',
    ],
    [
      'a report below a file',
      ['memory', '--json', `${process.execPath}/report.json`],
      'PLOG_INVALID_CONFIG: --json: must be a file that can be written, got ',
    ],
  ]
  for (const [title, argv, message] of refused) {
    it(`refuses ${title} before anything runs`, async () => {
      const { exitCode, out, err } = await plog(['conformance', ...argv])
      expect([exitCode, out]).to.deep.equal([1, ''])
      expect(err).to.include(message)
    })
  }

  it('refuses a report and a certificate in one file, under another name of it too, before anything runs', async () => {
    const file = join(place.path, 'report')
    writeFileSync(file, '')
    symlinkSync(file, join(place.path, 'link'))
    const absent = join(place.path, 'absent')
    for (const [json, html] of [
      [absent, `${place.path}/./absent`],
      [file, join(place.path, 'link')],
    ] as const) {
      const argv = ['conformance', 'memory', '--json', json, '--html', html]
      const { exitCode, out, err } = await plog(argv)
      expect([exitCode, out]).to.deep.equal([1, ''])
      expect(err).to.include(
        `PLOG_INVALID_CONFIG: --html: must be another file than the one of --json, got ${JSON.stringify(html)}`,
      )
    }
  })

  for (const [name, value, message] of [
    ['PLOG_CONFORMANCE_TIERS', 'x', 'must be a list of 1, 2 and 3, got "x"'],
    ['PLOG_CONFORMANCE_SEED', '-1', 'must be an integer from 0 to 4294967295, got "-1"'],
    ['TMPDIR', '/no/such', 'must be a directory that logs can be made in, got "/no/such": ENOENT'],
  ] as const) {
    it(`refuses a variable by its name, without a stack: ${name}=${value}`, async () => {
      const before = process.env[name]
      process.env[name] = value
      try {
        const { exitCode, out, err } = await plog(['conformance', 'memory', ...ONE_CASE])
        expect([exitCode, out]).to.deep.equal([1, ''])
        expect(err).to.include(`PLOG_INVALID_CONFIG: ${name}: ${message}`).and.not.include('    at ')
      } finally {
        if (before === undefined) delete process.env[name]
        else process.env[name] = before
      }
    })
  }
})
