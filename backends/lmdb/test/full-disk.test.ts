import { v } from '@persistent-log/core/backend'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { checkFiles, createEnvironment, openEnvironment, removeStaleLock } from '../src/engine-files.js'
import { LmdbStore } from '../src/lmdb-store.js'
import { lmdbOptions } from '../src/options.js'

/** Largest file of the child, in blocks of 512 bytes: writes beyond it fail, as on a full disk. */
const FILE_BLOCKS = 2_000
const options = v.parse(lmdbOptions, {})

describe('LMDB when the system takes no more', function () {
  this.timeout(30_000)
  let directory = ''

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plog-'))
    await createEnvironment(directory, options, () => Promise.resolve())
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('poisons itself at the first error, keeps the process alive, and keeps what was acknowledged', async () => {
    const writer = fileURLToPath(new URL('./full-disk-writer.js', import.meta.url))
    const command = `ulimit -f ${FILE_BLOCKS} && exec "$0" "$1" "$2"`
    const child = spawnSync('sh', ['-c', command, process.execPath, writer, directory], { encoding: 'utf8' })
    expect(child.status, `${child.stderr}${child.signal ?? ''}`).to.equal(0)
    const [told, end] = child.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(told).to.include({ failure: 'PLOG_IO', next: 'PLOG_POISONED', readable: told?.['acknowledged'] })
    expect(told?.['acknowledged']).to.be.greaterThan(10)
    expect(end).to.deep.equal({ intact: false })

    checkFiles(directory)
    await removeStaleLock(directory)
    const store = new LmdbStore({
      environment: openEnvironment(directory, options),
      writeTimeoutMs: options.writeTimeoutMs,
      closed: () => Promise.resolve(),
    })
    await store.settle()
    const pairs = await store.page({ from: Uint8Array.of(1), to: Uint8Array.of(2), limit: 2_000 })
    expect(pairs.length).to.be.at.least(Number(told?.['acknowledged']))
    pairs.forEach(({ value }, at) => expect(value[0]).to.equal(at & 255))
    await store.close()
  })
})
