import { spawn, spawnSync, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { raise } from '@persistent-log/core'
import { shownError } from '../src/shown-error.js'
import { plog } from './support.js'

const BIN = fileURLToPath(new URL('../../bin/plog.js', import.meta.url))
const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

describe('plog', () => {
  it('prints its version and its help, and ends well', async () => {
    expect(await plog(['--version'])).to.deep.equal({ exitCode: 0, out: VERSION, err: '' })
    const help = await plog(['--help'])
    expect(help.exitCode).to.equal(0)
    expect(help.out).to.include('backends').and.include('conformance')
  })

  const wrong: [argv: string[], message: string][] = [
    [['conform'], "unknown command 'conform'"],
    [['conformance'], "missing required argument 'backend'"],
    [['conformance', 'lmdb', '--seed', '-1'], 'must be an integer from 0 to 4294967295'],
    [['conformance', 'lmdb', '--seed', '4294967296'], 'must be an integer from 0 to 4294967295'],
    [['conformance', 'lmdb', '--budget', 'huge'], 'Allowed choices are brief, quick, full'],
    [['conformance', 'lmdb', '--tier', '4'], 'must be a list of 1, 2 and 3'],
    [['conformance', 'lmdb', '--require', '1,'], 'must be a list of 1, 2 and 3'],
    [['conformance', 'lmdb', '--case', 'a.b', '--only', 'a'], "cannot be used with option '--only"],
    [['differential', 'lmdb'], "missing required argument 'second'"],
    [['differential', 'lmdb', 'level', '--calls', '0'], 'must be an integer from 1 to 1000000'],
    [['backends', '--jsn'], "unknown option '--jsn'"],
  ]
  for (const [argv, message] of wrong) {
    it(`ends with 2 on: plog ${argv.join(' ')}`, async () => {
      const { exitCode, err } = await plog(argv)
      expect(exitCode).to.equal(2)
      expect(err).to.include(message)
    })
  }

  it('shows the help and ends with 2 when nothing is asked of it', async () => {
    const { exitCode, err } = await plog([])
    expect(exitCode).to.equal(2)
    expect(err).to.include('Usage: plog')
  })

  it('is a program that a shell can run', () => {
    const shown = spawnSync(process.execPath, [BIN, '--version'], { encoding: 'utf8' })
    expect([shown.status, shown.stdout, shown.stderr]).to.deep.equal([0, `${VERSION}\n`, ''])
    const failed = spawnSync(process.execPath, [BIN, 'conformance', 'no-such-backend'], { encoding: 'utf8' })
    expect(failed.status).to.equal(1)
    expect(failed.stderr).to.match(
      /^PLOG_UNKNOWN_BACKEND: unknown backend "no-such-backend"; known are memory, /,
    )
  })

  it('goes on to its end when nobody reads any more', async () => {
    const argv = [BIN, 'conformance', 'memory', '--only', 'ballot.lower-rejected']
    for (const stream of ['stdout', 'stderr'] as const) {
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
      child[stream].destroy()
      const other = stream === 'stdout' ? child.stderr : child.stdout
      const [said] = await Promise.all([text(other), once(child, 'close')])
      expect([stream, child.exitCode]).to.deep.equal([stream, 0])
      expect(said)
        .to.include(stream === 'stdout' ? 'ok       1/1' : '1 passed')
        .and.not.include('EPIPE')
    }
  })

  const itFills = existsSync('/dev/full') ? it : it.skip
  const reason = existsSync('/dev/full') ? '' : ' [skip: there is no /dev/full]'
  itFills(`ends with 1 where what it found cannot be written${reason}`, () => {
    const out = openSync('/dev/full', 'w')
    try {
      const stdio: StdioOptions = ['ignore', out, 'pipe']
      const { status, stderr } = spawnSync(process.execPath, [BIN, '--version'], { stdio, encoding: 'utf8' })
      expect(status).to.equal(1)
      expect(stderr).to.match(/^what was found could not be written: ENOSPC.*\n$/)
    } finally {
      closeSync(out)
    }
  })
})

describe('an error, as it is shown', () => {
  it('is its message where the log or the system says it, and a stack where it is a defect', () => {
    expect(shownError(raise.notOpen('read'))).to.equal('PLOG_NOT_OPEN: read: the log is closed')
    const system = Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', syscall: 'write' })
    expect(shownError(system)).to.equal('ENOSPC: no space')
    expect(shownError(new TypeError('x is undefined'))).to.match(/^TypeError: x is undefined\n +at /)
    expect(shownError('odd')).to.equal('odd')
  })
})
