import { v } from '@persistent-log/core/backend'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { checkFiles, createStore, openDatabase } from '../src/engine-files.js'
import { LevelStore } from '../src/level-store.js'
import { levelOptions } from '../src/options.js'

/** Largest file of the child, in blocks of 512 bytes: writes beyond it fail, as on a full disk. */
const FILE_BLOCKS = 2_000
const options = v.parse(levelOptions, {})

describe('LevelDB when the system takes no more', function () {
  this.timeout(30_000)
  let directory = ''

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plog-'))
    await (await createStore(directory, options)).close()
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

    await checkFiles(directory, { cleanClose: false, tables: true })
    const database = await openDatabase(directory, options, [])
    const store = new LevelStore({ database, closed: () => Promise.resolve() })
    const pairs = await store.page({ from: Uint8Array.of(1), to: Uint8Array.of(2), limit: 2_000 })
    expect(pairs.length).to.be.at.least(Number(told?.['acknowledged']))
    pairs.forEach(({ value }, at) => expect(value[0]).to.equal(at & 255))
    await store.close()
  })
})
