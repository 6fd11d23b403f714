import { expect } from 'chai'
import type { Mark } from '../../src/disk/disk-event.js'
import { bytesOfText, bytesOfVector, splitArguments } from '../../src/disk/strace/traced-arguments.js'
import { readTracedDisk } from '../../src/disk/strace/traced-disk.js'
import { parseTrace } from '../../src/faults/trace.js'

const MARK: Mark = { kind: 'began', session: 0, at: 0 }

const disk = (lines: readonly string[], marks: readonly Mark[] = []) =>
  readTracedDisk(parseTrace(lines.join('\n')), { root: '/d', markFile: '/m', marks })

const filesOf = ({ image }: ReturnType<typeof disk>): Record<string, string> =>
  Object.fromEntries(
    [...image.entries()].flatMap(({ path, node }) => {
      const file = image.files.get(node)
      return file === undefined ? [] : [[path, file.toBytes().toString('latin1')]]
    }),
  )

describe('arguments of a traced call', () => {
  it('are split at commas outside texts, lists and paths', () => {
    expect(splitArguments('3</a,b>, "x, \\"y", [{iov_base="1,2", iov_len=3}, {}], 7')).to.deep.equal([
      '3</a,b>',
      '"x, \\"y"',
      '[{iov_base="1,2", iov_len=3}, {}]',
      '7',
    ])
  })

  it('hold bytes in every way in which strace quotes them', () => {
    expect(bytesOfText('"a\\n\\0\\3771\\"\\\\\\x41"')).to.deep.equal(Buffer.from('a\n\0\xff1"\\A', 'latin1'))
    expect(bytesOfVector('[{iov_base="ab", iov_len=2}, {iov_base="\\1", iov_len=1}]')).to.deep.equal(
      Buffer.from('ab\x01'),
    )
  })

  it('are not taken for whole when strace cut them', () => {
    expect(bytesOfText('"abc"...')).to.equal(undefined)
  })
})

describe('a traced disk', () => {
  it('holds what the calls wrote, wherever descriptors and names went', () => {
    const traced = disk([
      '1 mkdir("/d/log", 0777) = 0',
      '1 openat(AT_FDCWD</x>, "/d/log/a.tmp", O_RDWR|O_CREAT|O_TRUNC, 0666) = 5</d/log/a.tmp>',
      '1 write(5</d/log/a.tmp>, "hello", 5) = 5',
      '1 rename("/d/log/a.tmp", "/d/log/a") = 0',
      '1 write(5</d/log/a>, " world", 6) = 6',
      '1 pwrite64(5</d/log/a>, "J", 1, 0) = 1',
      '1 close(5</d/log/a>) = 0',
      '1 openat(AT_FDCWD</x>, "/d/log/b", O_WRONLY|O_CREAT|O_APPEND, 0666) = 5</d/log/b>',
      '1 writev(5</d/log/b>, [{iov_base="x", iov_len=1}, {iov_base="yz", iov_len=2}], 2) = 3',
      '1 ftruncate(5</d/log/b>, 2) = 0',
      '1 openat(AT_FDCWD</x>, "/d/log/none", O_RDONLY) = -1 ENOENT (No such file or directory)',
      '1 openat(AT_FDCWD</x>, "/elsewhere", O_RDWR|O_CREAT, 0666) = 6</elsewhere>',
      '1 write(6</elsewhere>, "not ours", 8) = 8',
    ])
    expect(filesOf(traced)).to.deep.equal({ 'log/a': 'Jello world', 'log/b': 'xy' })
    expect([...traced.unknown]).to.deep.equal([])
  })

  it('tells which flush covers which write by when each began and ended', () => {
    const { events } = disk([
      '1 openat(AT_FDCWD</x>, "/d/a", O_RDWR|O_CREAT, 0666) = 5</d/a>',
      '1 write(5</d/a>, "x", 1 <unfinished ...>',
      '2 fdatasync(5</d/a> <unfinished ...>',
      '1 <... write resumed>) = 1',
      '2 <... fdatasync resumed>) = 0',
      '1 fsync(5</d/a>) = 0',
    ])
    expect(events.map((event) => [event.kind, event.kind === 'mark' ? 0 : event.ended])).to.deep.equal([
      ['change', 1],
      ['change', 3],
      ['flush', 3],
      ['flush', 4],
    ])
  })

  it('holds the marks between the calls, and misses those that were not traced', () => {
    const lines = ['1 write(9</m>, ".", 1) = 1']
    expect(disk(lines, [MARK]).events).to.deep.equal([{ kind: 'mark', mark: MARK }])
    expect([...disk(lines, [MARK, MARK]).unknown]).to.deep.equal(['a mark that was not traced'])
  })

  it('says which calls on its files it does not understand', () => {
    const traced = disk(['1 fallocate(5</d/a>, 0, 0, 4096) = 0', '1 fallocate(6</other>, 0, 0, 1) = 0'])
    expect([...traced.unknown]).to.deep.equal(['fallocate'])
  })
})
