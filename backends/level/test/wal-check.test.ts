import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import { ClassicLevel } from 'classic-level'
import { isPersistentLogError } from '@persistent-log/core/backend'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkLevelDirectory, type LevelCheckOptions, type LevelFinding } from '../src/wal-check.js'

/** In CI each byte is flipped and the log is cut at each; elsewhere at every fourth, beginning at another one in each run. */
const EACH = process.env['CI'] === 'true' ? 1 : 4

type Database = ClassicLevel<Uint8Array, Uint8Array>

const findingsIn = async (directory: string, options?: LevelCheckOptions): Promise<readonly LevelFinding[]> =>
  (await checkLevelDirectory(directory, options)).findings

describe('checkLevelDirectory', function () {
  this.timeout(60_000) // Thousands of copies of a file are written.

  let root: string
  let healthy: string
  let log: string
  let manifest: string
  /** Where the last record of the log begins. */
  let lastRecord: number

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'wal-check-'))
    healthy = join(root, 'healthy')
    await withDatabase(healthy, async (db) => {
      // A first life with enough data for tables, so that the MANIFEST has something to say.
      for (let round = 0; round < 3; round++) {
        for (let batch = 0; batch < 10; batch++) await write(db, round * 10 + batch, 40, 100)
        await db.compactRange(key(0), key(100_000))
      }
    })
    await withDatabase(healthy, async (db) => {
      for (let batch = 0; batch < 20; batch++) await write(db, 50 + batch, 1, 180)
    })
    const names = await readdir(healthy)
    log = join(
      healthy,
      names.find((name) => name.endsWith('.log'))!,
    )
    manifest = join(
      healthy,
      names.find((name) => name.startsWith('MANIFEST'))!,
    )
    const bytes = await readFile(log)
    for (let at = 0; at < bytes.length; at += 7 + bytes.readUInt16LE(at + 4)) lastRecord = at
    expect(bytes.length).to.be.within(3_000, 6_000)
  })

  after(() => rm(root, { recursive: true, force: true }))

  it('finds nothing in a healthy store', async () => {
    expect(await findingsIn(healthy, { tables: true })).to.deep.equal([])
  })

  it('finds every flipped byte of a log', async () => {
    const bytes = await readFile(log)
    for (const [at, findings] of await flipEach(log, EACH, false, randomInt(EACH))) {
      const kinds = at < lastRecord ? ['corrupt'] : ['corrupt', 'ambiguous']
      expect(findings, `byte ${at} of ${bytes.length}`).to.have.lengthOf.at.least(1)
      for (const { kind } of findings) expect(kind, `byte ${at}`).to.be.oneOf(kinds)
    }
  })

  it('calls a log that is cut short torn, at any length', async () => {
    const bytes = await readFile(log)
    const boundaries = new Set<number>()
    for (let at = 0; at < bytes.length; at += 7 + bytes.readUInt16LE(at + 4)) boundaries.add(at)
    for (let length = bytes.length - 1 - randomInt(EACH); length >= 0; length -= EACH) {
      await truncate(log, length)
      const findings = await findingsIn(healthy)
      const expected = boundaries.has(length) ? [] : ['torn']
      expect(kinds(findings), `cut to ${length} bytes`).to.deep.equal(expected)
    }
    await writeFile(log, bytes)
  })

  it('calls a log that ends in zeros torn', async () => {
    const bytes = await readFile(log)
    await writeFile(log, Buffer.concat([bytes, Buffer.alloc(5_000)]))
    expect(await findingsIn(healthy)).to.deep.include({
      kind: 'torn',
      file: log.slice(healthy.length + 1),
      offset: bytes.length,
      bytes: 5_000,
      reason: 'zeros up to the end of the file',
    })
    await writeFile(log, bytes)
  })

  it('calls a torn log corrupt when a newer one has bytes, and not when that is empty', async () => {
    const bytes = await readFile(log)
    const newer = join(healthy, '999999.log')
    await truncate(log, bytes.length - 10)
    await writeFile(newer, '')
    expect(kinds(await findingsIn(healthy))).to.deep.equal(['torn'])
    await writeFile(newer, bytes)
    expect(kinds(await findingsIn(healthy))).to.include('corrupt')
    await rm(newer)
    await writeFile(log, bytes)
  })

  it('finds a log that lost its first record, and a missing one', async () => {
    const bytes = await readFile(log)
    await writeFile(log, bytes.subarray(7 + bytes.readUInt16LE(4)))
    expect(kinds(await findingsIn(healthy))).to.deep.equal(['corrupt'])
    await rm(log)
    expect(kinds(await findingsIn(healthy))).to.deep.equal(['corrupt'])
    await writeFile(log, bytes)
  })

  it('finds flipped bytes in the MANIFEST, CURRENT and tables', async () => {
    const names = await readdir(healthy)
    const table = join(
      healthy,
      names.find((name) => name.endsWith('.ldb'))!,
    )
    const size = (await readFile(table)).length
    for (const file of [manifest, join(healthy, 'CURRENT')]) {
      for (const [at, findings] of await flipEach(file, 1)) expect(findings, `${file}:${at}`).not.to.be.empty
    }
    for (const [at, findings] of await flipEach(table, Math.ceil(size / 500), true)) {
      expect(kinds(findings), `${table}:${at}`).to.include('corrupt')
    }
    // The footer has no checksum of its own.
    for (const [at, findings] of await flipEach(table, 1, true, size - 48)) {
      expect(kinds(findings), `${table}:${at}`).to.include('corrupt')
    }
  })

  it('finds missing and shortened files without reading tables', async () => {
    for (const name of await readdir(healthy)) {
      if (name.startsWith('LO')) continue
      const file = join(healthy, name)
      const bytes = await readFile(file)
      await rm(file)
      expect(await findingsIn(healthy), `without ${name}`).not.to.be.empty
      await writeFile(file, bytes.subarray(0, bytes.length - 1))
      expect(await findingsIn(healthy), `${name} cut`).not.to.be.empty
      await writeFile(file, bytes)
    }
    expect(kinds(await findingsIn(join(root, 'nowhere')))).to.deep.equal(['corrupt'])
  })

  it('finds no damage in what the system does not hand out, and says so', async () => {
    const directory = join(root, 'withheld')
    await cp(healthy, directory, { recursive: true })
    await rm(join(directory, 'CURRENT'))
    // Reading it from the start is an error of the device.
    await symlink('/proc/self/mem', join(directory, 'CURRENT'))
    const error: unknown = await checkLevelDirectory(directory).catch((cause: unknown) => cause)
    expect(isPersistentLogError(error, 'PLOG_IO')).to.equal(true)
    await rm(join(directory, 'CURRENT'))
    await mkdir(join(directory, 'CURRENT'))
    const { findings } = await checkLevelDirectory(directory)
    expect(findings.map(({ file, kind }) => [file, kind])).to.deep.include(['CURRENT', 'corrupt'])
  })

  it('follows records over block boundaries', async () => {
    const directory = join(root, 'blocks')
    await withDatabase(directory, async (db) => {
      for (let batch = 0; batch < 12; batch++) await write(db, batch, 1, 20_000 + 3_000 * batch)
    })
    expect(await findingsIn(directory)).to.deep.equal([])
    const file = join(
      directory,
      (await readdir(directory)).find((name) => name.endsWith('.log'))!,
    )
    const bytes = await readFile(file)
    for (const [at, findings] of await flipEach(file, 997)) expect(findings, `byte ${at}`).not.to.be.empty
    for (let length = bytes.length; length > bytes.length - 53_000; length -= 1_009) {
      await truncate(file, length)
      for (const kind of kinds(await findingsIn(directory))) expect(kind).to.equal('torn')
    }
  })

  /** Flips one byte after the other and collects what is found with each. */
  async function flipEach(
    file: string,
    step: number,
    tables = false,
    from = 0,
  ): Promise<Map<number, readonly LevelFinding[]>> {
    const bytes = await readFile(file)
    const found = new Map<number, readonly LevelFinding[]>()
    const directory = join(file, '..')
    for (let at = from; at < bytes.length; at += step) {
      // Each position gets another bit, so that all bits have their turn.
      const bit = 1 << (at % 8)
      bytes[at]! ^= bit
      await writeFile(file, bytes)
      found.set(at, await findingsIn(directory, { tables }))
      bytes[at]! ^= bit
    }
    await writeFile(file, bytes)
    return found
  }
})

function kinds(findings: readonly LevelFinding[]): string[] {
  return findings.map(({ kind }) => kind)
}

async function withDatabase(directory: string, use: (db: Database) => Promise<void>): Promise<void> {
  // The store is used through a copy that was taken while it was open, which is what a killed process leaves.
  const live = `${directory}-live`
  await cp(directory, live, { recursive: true }).catch(() => undefined)
  const db: Database = new ClassicLevel(live, { keyEncoding: 'view', valueEncoding: 'view' })
  await db.open()
  await use(db)
  await rm(directory, { recursive: true, force: true })
  await cp(live, directory, { recursive: true })
  await db.close()
  await rm(live, { recursive: true })
}

async function write(db: Database, batch: number, count: number, size: number): Promise<void> {
  const operations = Array.from({ length: count }, (_, index) => ({
    type: 'put' as const,
    key: key(batch * count + index),
    // Half of it repeats, so that some blocks are worth compressing.
    value: Uint8Array.from({ length: size }, (__, at) => (at % 64 < 32 ? 7 : (at * 31 + batch * 17) & 0xff)),
  }))
  await db.batch(operations, { sync: true })
}

function key(number: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(number))
  return bytes
}
