import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { chmod, chown, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkLmdbFile } from '../src/page-check.js'
import { fill, freshDirectory, openAt, refusal } from './logs.js'

/** An identity that owns no files; the superuser, whom no permission stops, becomes it for a moment. */
const NOBODY = 65_534
const child = fileURLToPath(new URL('./few-descriptors.js', import.meta.url))

describe('files that the operating system does not hand out', function () {
  this.timeout(60_000)
  const directory = freshDirectory()
  const wasRoot = process.geteuid?.() === 0

  const asNobody = async <T>(work: () => Promise<T>): Promise<T> => {
    if (wasRoot) process.seteuid?.(NOBODY)
    try {
      return await work()
    } finally {
      if (wasRoot) process.seteuid?.(0)
    }
  }

  beforeEach(async () => {
    const log = await openAt(directory())
    await fill(log, 3)
    await log.close()
    if (!wasRoot) return
    for (const name of ['.', ...(await readdir(directory(), { recursive: true }))]) {
      await chown(join(directory(), name), NOBODY, NOBODY)
    }
  })

  for (const [title, mode] of [
    ['read', 0o000],
    ['written', 0o444],
  ] as const) {
    it(`are no damage: a data file that may not be ${title} is PLOG_IO, and is opened as soon as it may`, async () => {
      const file = join(directory(), 'engine', 'data.mdb')
      await chmod(file, mode)
      const error = await asNobody(() => refusal(openAt(directory())))
      expect(error).to.include({ code: 'PLOG_IO', retry: 'ask-first' })
      expect(error.message).to.include('EACCES')
      expect(error.context.file).to.equal(file)
      await chmod(file, 0o644)
      const log = await openAt(directory())
      expect(log.recovery).to.include({ cleanClose: true, decisions: 3 })
      await log.close()
    })
  }

  it('are damage where something else stands in their place', () => {
    expect(checkLmdbFile(directory())).to.have.lengthOf(1)
    expect(checkLmdbFile(join(directory(), 'plog.json', 'data.mdb'))[0]?.reason).to.include('ENOTDIR')
    expect(checkLmdbFile(join(directory(), 'nowhere'))[0]?.reason).to.include('ENOENT')
  })

  it('do not end the process: with few descriptors left, an open is PLOG_IO', () => {
    // The limit keeps the child from holding a million of them.
    const command = 'ulimit -n 128; exec "$0" "$1" "$2"'
    const { status, signal, stdout, stderr } = spawnSync(
      'sh',
      ['-c', command, process.execPath, child, directory()],
      { encoding: 'utf8' },
    )
    expect({ status, signal }, stdout + stderr).to.deep.equal({ status: 0, signal: null })
    const outcomes = stdout.trim().split('\n')
    expect(outcomes.at(-1)).to.equal('3 decisions')
    expect(new Set(outcomes.slice(0, -1))).to.deep.equal(new Set(['PLOG_IO']))
  })
})
