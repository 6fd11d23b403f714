import { expect } from 'chai'
import type { Operation } from '../src/crash/operation.js'
import { faultText, injection, parseFault } from '../src/faults/fault.js'
import { earlyAcknowledgements, examinedAcknowledgements } from '../src/faults/flush-order.js'
import { surveyOf } from '../src/faults/survey.js'
import { parseTrace, pathsOf } from '../src/faults/trace.js'

describe('a fault', () => {
  const fault = { phase: 'load', call: 'rename', failure: 'EIO', nth: 3 } as const

  it('is written so that it can be asked for again', () => {
    expect(faultText(fault)).to.equal('load/rename/EIO/3')
    expect(parseFault(faultText(fault))).to.deep.equal(fault)
  })

  for (const wrong of [
    '',
    'load/rename/EIO',
    'load/rename/EIO/0',
    'load/dance/EIO/1',
    'load/rename/EIO/1/2',
  ]) {
    it(`is not read from "${wrong}"`, () => {
      expect(() => parseFault(wrong)).to.throw(RangeError, `state: ${wrong} is no fault`)
    })
  }

  it('is told to strace under every name that the call has on some machine', () => {
    expect(injection(fault)).to.equal('inject=?rename,?renameat,?renameat2:error=EIO:when=3')
    expect(injection({ ...fault, call: 'close', failure: 'SIGKILL' })).to.equal(
      'inject=?close:signal=SIGKILL:when=3',
    )
  })
})

describe('a trace', () => {
  const TRACE = [
    '7  pwrite64(20</d/log/a>, "x", 1, 0) = 1',
    '7  fdatasync(20</d/log/a> <unfinished ...>',
    '8  openat(AT_FDCWD</d>, "/d/log/b", O_RDONLY) = -1 EIO (Input/output error) (INJECTED)',
    '7  <... fdatasync resumed>) = 0',
    '7  write(3<socket:[1]>, "said", 4) = 4',
    '9  close(21</d/log/c> <unfinished ...>',
    '9  +++ killed by SIGKILL +++',
    '7  exit_group(0) = ?',
  ].join('\n')
  const calls = parseTrace(TRACE)

  it('is read in the order in which calls began, with the moment in which each ended', () => {
    expect(calls.map(({ name, startedAt, endedAt }) => [name, startedAt, endedAt])).to.deep.equal([
      ['pwrite64', 0, 0],
      ['fdatasync', 1, 3],
      ['openat', 2, 2],
      ['write', 4, 4],
      ['close', 5, Infinity],
      ['exit_group', 7, 7],
    ])
  })

  it('tells what was failed, and which paths a call is about', () => {
    expect(calls.filter(({ injected }) => injected).map(({ name }) => name)).to.deep.equal(['openat'])
    expect(calls.flatMap(pathsOf)).to.deep.equal(['/d/log/a', '/d/log/a', '/d/log/b', '/d/log/c'])
  })

  it('is surveyed: the paths in a directory, and how often one thread makes each call there', () => {
    const { paths, counts } = surveyOf(calls, '/d/log')
    expect(paths).to.deep.equal(['/d/log/a', '/d/log/b', '/d/log/c'])
    expect(Object.fromEntries(counts)).to.deep.equal({ openat: 1, pwrite64: 1, fdatasync: 1, close: 1 })
    expect(surveyOf(calls, '/d/lo').paths).to.deep.equal([])
  })
})

describe('the order of a trace', () => {
  const said = (kind: 'will' | 'did', at: number) =>
    `write(3<socket:[1]>, "{\\"kind\\":\\"${kind}\\",\\"at\\":${at}}\\n", 22) = 22`
  const written = (bytes: string, file = 'a') => `pwrite64(20</d/${file}>, "\\1${bytes}\\0", 9, 0) = 9`
  const flushed = (result = '0', file = 'a') => `fdatasync(20</d/${file}>) = ${result}`
  const FAILED = '-1 EIO (Input/output error) (INJECTED)'
  const learn: Operation = { kind: 'learn', entry: { slot: 0, round: 1, nodeId: 0, value: 'v/0/0;' } }
  const promise: Operation = { kind: 'promise', round: 1, nodeId: 0 }
  const early = (operation: Operation, ...lines: string[]) =>
    earlyAcknowledgements(parseTrace(lines.map((line) => `7  ${line}`).join('\n')), [operation]).length

  it('is right when a flush of the file began after the bytes were written and ended before the acknowledgement', () => {
    expect(early(learn, said('will', 0), written('v/0/0;'), flushed(), said('did', 0))).to.equal(0)
    expect(early(promise, said('will', 0), written('p'), flushed(), said('did', 0))).to.equal(0)
  })

  it('is wrong without a flush, with one too late, too early, or of another file', () => {
    expect(early(learn, said('will', 0), written('v/0/0;'), said('did', 0))).to.equal(1)
    expect(early(learn, said('will', 0), written('v/0/0;'), said('did', 0), flushed())).to.equal(1)
    expect(early(learn, said('will', 0), flushed(), written('v/0/0;'), said('did', 0))).to.equal(1)
    expect(early(learn, said('will', 0), written('v/0/0;'), flushed('0', 'b'), said('did', 0))).to.equal(1)
    expect(early(promise, said('will', 0), said('did', 0))).to.equal(1)
  })

  it('is wrong over a flush that failed, and over one that followed it', () => {
    expect(early(learn, said('will', 0), written('v/0/0;'), flushed(FAILED), said('did', 0))).to.equal(1)
    const retried = [written('v/0/0;'), flushed(FAILED), flushed()]
    expect(early(learn, said('will', 0), ...retried, said('did', 0))).to.equal(1)
    expect(early(promise, said('will', 0), flushed(FAILED), flushed(), said('did', 0))).to.equal(1)
    const rewritten = [...retried, written('v/0/0;', 'b'), flushed('0', 'b')]
    expect(early(learn, said('will', 0), ...rewritten, said('did', 0))).to.equal(0)
  })

  it('holds an interrupted flush neither for one nor against those that follow', () => {
    const INTERRUPTED = '-1 EINTR (Interrupted system call) (INJECTED)'
    const interrupted = [said('will', 0), written('v/0/0;'), flushed(INTERRUPTED)]
    expect(early(learn, ...interrupted, said('did', 0))).to.equal(1)
    expect(early(learn, ...interrupted, flushed(), said('did', 0))).to.equal(0)
  })

  it('counts a write through a descriptor that flushes as flushed, as long as it is open', () => {
    const opened = 'openat(AT_FDCWD</d>, "/d/a", O_WRONLY|O_DSYNC) = 20</d/a>'
    expect(early(learn, opened, said('will', 0), written('v/0/0;'), said('did', 0))).to.equal(0)
    const closed = 'close(20</d/a>) = 0'
    expect(early(learn, opened, closed, said('will', 0), written('v/0/0;'), said('did', 0))).to.equal(1)
  })

  it('accepts any flush for bytes that no system call shows', () => {
    expect(early(learn, said('will', 0), flushed(), said('did', 0))).to.equal(0)
  })

  it('asks nothing of calls that promised less', () => {
    const weak: Operation = { ...learn, survives: 'process-crash' }
    const calls = parseTrace([said('will', 0), said('did', 0)].map((line) => `7  ${line}`).join('\n'))
    expect(earlyAcknowledgements(calls, [weak])).to.deep.equal([])
    expect(examinedAcknowledgements(calls, [weak])).to.equal(0)
    expect(examinedAcknowledgements(calls, [learn])).to.equal(1)
  })
})
