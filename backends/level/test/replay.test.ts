import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPersistentLogError, v } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { createStore, openDatabase } from '../src/engine-files.js'
import { keepLogs } from '../src/kept-logs.js'
import { logsIn } from '../src/record-log.js'
import { levelOptions } from '../src/options.js'
import { checkLevelDirectory } from '../src/wal-check.js'
import { readBatch } from '../src/write-batch.js'
import type { Database } from '../src/database.js'

const options = v.parse(levelOptions, { compression: false })
const key = (number: number): Uint8Array => Uint8Array.of(1, number)
const value = (number: number): Uint8Array => new Uint8Array(number).fill(number)
const KEYS = 40

describe('a replay of LevelDB', function () {
  this.timeout(30_000)
  let root = ''
  /** A store as a crash left it: all that was written is in its log. */
  let crashed = ''
  let log = ''

  const logsOf = async (directory: string): Promise<readonly string[]> =>
    (await checkLevelDirectory(directory)).logs
  const reopen = async (directory = crashed): Promise<Database> =>
    openDatabase(directory, options, await logsOf(directory))
  /** The length of the value of each key. */
  const lengthsIn = (database: Database): (number | undefined)[] =>
    Array.from({ length: KEYS }, (_, number) => database.getSync(key(number))?.byteLength)
  const EXPECTED = Array.from({ length: KEYS }, (_, number) =>
    number === 7 ? undefined : number === 8 ? 200 : number,
  )
  /** What LevelDB does when a read of its log fails: it opens with less, and removes the log. */
  async function replayBlindly(keptBytes: number): Promise<void> {
    await truncate(join(crashed, log), keptBytes)
    await (await openDatabase(crashed, options, [])).close()
    expect(await readdir(crashed)).not.to.include(log)
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'plog-'))
    crashed = join(root, 'crashed')
    const living = join(root, 'living')
    await (await createStore(living, options)).close()
    const database = await openDatabase(living, options, [])
    for (let number = 0; number < KEYS; number++) await database.put(key(number), value(number))
    await database.batch().del(key(7)).put(key(8), value(200)).write({ sync: true })
    await cp(living, crashed, { recursive: true })
    await database.close()
    const names = logsIn(await readdir(crashed))
    expect(names).to.have.length(1)
    log = names[0] ?? ''
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('that reads everything leaves nothing beside the store', async () => {
    const database = await reopen()
    expect(lengthsIn(database)).to.deep.equal(EXPECTED)
    expect(await readdir(crashed)).not.to.include.members(['replaying', 'replayed'])
    await database.close()
  })

  for (const [what, keptBytes] of [
    ['nothing', 0],
    ['a part', 2_000],
  ] as const) {
    it(`of which ${what} arrived is completed by the next open: stored, replaced and deleted`, async () => {
      await keepLogs(crashed, [log])
      // A copy: the truncation is to hit the log of LevelDB alone.
      const kept = join(crashed, 'replaying', log)
      const bytes = await readFile(kept)
      await rm(kept)
      await writeFile(kept, bytes)
      await replayBlindly(keptBytes)
      const database = await reopen()
      expect(lengthsIn(database)).to.deep.equal(EXPECTED)
      await database.close()
      const again = await reopen()
      expect(lengthsIn(again)).to.deep.equal(EXPECTED)
      await again.close()
    })
  }

  it('brings nothing back that was written after it', async () => {
    const database = await reopen()
    await database.put(key(3), value(99), { sync: true })
    await database.close()
    const again = await reopen()
    expect(lengthsIn(again)[3]).to.equal(99)
    await again.close()
  })

  it('of logs that an interrupted open was done with brings nothing back either', async () => {
    const database = await reopen()
    await database.put(key(3), value(99), { sync: true })
    await database.close()
    await mkdir(join(crashed, 'replayed'))
    await cp(join(root, 'living'), join(crashed, 'replayed'), { recursive: true })
    const again = await reopen()
    expect(lengthsIn(again)[3]).to.equal(99)
    expect(await readdir(crashed)).not.to.include('replayed')
    await again.close()
  })

  it('begins anew when its directory cannot be read: the open is refused, and loses nothing', async () => {
    await writeFile(join(crashed, 'replaying'), 'no directory')
    const error: unknown = await reopen().catch((reason: unknown) => reason)
    expect(isPersistentLogError(error, 'PLOG_IO')).to.equal(true)
    await rm(join(crashed, 'replaying'))
    const database = await reopen()
    expect(lengthsIn(database)).to.deep.equal(EXPECTED)
    await database.close()
  })

  it('from a log that has rotted meanwhile is refused, told where', async () => {
    await keepLogs(crashed, [log])
    const kept = join(crashed, 'replaying', log)
    const bytes = await readFile(kept)
    bytes[300] = (bytes[300] ?? 0) ^ 0x10
    await rm(kept)
    await writeFile(kept, bytes)
    const error: unknown = await reopen().catch((reason: unknown) => reason)
    expect(isPersistentLogError(error, 'PLOG_CORRUPTED')).to.equal(true)
    if (isPersistentLogError(error)) expect(error.context.file).to.equal(kept)
  })

  const immutable = (flag: '+i' | '-i'): boolean =>
    spawnSync('chattr', [flag, join(crashed, log)]).status === 0

  it('keeps a copy where there can be no second name', async function () {
    // A file that must not change gets no second name either: what some file systems answer for every file.
    if (!immutable('+i')) return this.skip()
    try {
      const [kept = ''] = await keepLogs(crashed, [log])
      expect(await readFile(kept)).to.deep.equal(await readFile(join(crashed, log)))
      expect(await readdir(join(crashed, 'replaying'))).to.deep.equal([log])
    } finally {
      immutable('-i')
    }
  })
})

describe('readBatch', () => {
  const header = new Uint8Array(12)
  const batch = (...body: number[]): Uint8Array => Uint8Array.of(...header, ...body)

  it('reads what was stored and what was deleted', () => {
    expect(readBatch(batch(1, 2, 7, 8, 1, 9, 0, 1, 5))).to.deep.equal([
      { key: Uint8Array.of(7, 8), value: Uint8Array.of(9) },
      { key: Uint8Array.of(5), value: undefined },
    ])
    expect(readBatch(batch(1, 0, 0)), 'empty ones, too').to.deep.equal([
      { key: new Uint8Array(0), value: new Uint8Array(0) },
    ])
  })

  it('reads nothing that is cut off or unknown', () => {
    for (const body of [
      [2, 1, 5],
      [1, 2, 7],
      [1, 1, 7],
      [1, 1, 7, 2, 9],
      [0, 3, 1],
    ]) {
      expect(readBatch(batch(...body)), body.join()).to.equal(undefined)
    }
  })
})
