import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { contentOf, fill, freshDirectory, openAt, refusal, valueOf } from './logs.js'

/** In CI damage lies closer together, in each of the files. */
const APART = process.env['CI'] === 'true' ? 1 : 3

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

describe('a log on LevelDB', function () {
  this.timeout(120_000)
  const directory = freshDirectory()
  const engine = (): string => join(directory(), 'engine')

  const create = async (slots = 20, at = directory()): Promise<string> => {
    const log = await openAt(at)
    await fill(log, slots)
    const content = await contentOf(log)
    await log.close()
    return content
  }

  it('declares what it can do', async () => {
    const log = await openAt(directory())
    expect(log.backend).to.equal('level')
    expect(log.capabilities).to.deep.include({
      survives: { accept: 'power-loss', commit: 'power-loss' },
      openBy: 'one-process',
      atomicBatches: true,
      syncReads: true,
      borrowedReads: false,
    })
    expect(log.recovery).to.include({ created: true, cleanClose: true, votesLost: false })
    await log.close()
  })

  it('shows after a clean close what it showed before', async () => {
    const content = await create()
    const log = await openAt(directory())
    expect(await contentOf(log)).to.equal(content)
    expect(log.recovery).to.deep.include({ created: false, cleanClose: true, decisions: 20, accepted: 1 })
    expect(log.recovery.damaged).to.deep.equal([])
    await log.close()
  })

  it('gives power-loss to a call that asks for less', async () => {
    const log = await openAt(directory())
    const ballot = { round: 1, nodeId: 1 }
    await log.accept({ slot: 0, ballot, value: valueOf(0) }, { survives: 'process-crash' })
    expect((await log.readAccepted(0))?.value).to.deep.equal(valueOf(0))
    await log.close()
  })

  it('keeps the first slot that it was created with', async () => {
    await (await openAt(directory(), { firstSlot: 5 })).close()
    const log = await openAt(directory(), { firstSlot: 1 })
    expect(log.bounds().compactedBefore).to.equal(5)
    await log.close()
  })

  describe('refuses an option', () => {
    const cases: [string, Record<string, unknown>, string, unknown, RegExp][] = [
      ['of another type', { cacheBytes: '8 MiB' }, 'options.level.cacheBytes', '8 MiB', /integer from 0/],
      ['below its range', { writeBufferBytes: 1 }, 'options.level.writeBufferBytes', 1, /65536/],
      ['above its range', { maxFileBytes: 2 ** 31 }, 'options.level.maxFileBytes', 2 ** 31, /1073741824/],
      ['that is no whole number', { cacheBytes: 0.5 }, 'options.level.cacheBytes', 0.5, /int/],
      [
        'that is no boolean',
        { compression: 'snappy' },
        'options.level.compression',
        'snappy',
        /true or false/,
      ],
      ['that it does not know', { sync: false }, 'options.level.sync', false, /cacheBytes|compression/],
    ]
    for (const [title, options, path, value, allowed] of cases) {
      it(title, async () => {
        const error = await refusal(openAt(directory(), { options: { level: options } }))
        expect(error.code).to.equal('PLOG_INVALID_CONFIG')
        expect(error.context.field).to.equal(path)
        expect(error.context.value).to.equal(value)
        expect(error.message).to.match(allowed)
        expect(await readdir(directory()), 'nothing was created').to.deep.equal([])
      })
    }
  })

  it('refuses a second open and keeps its lock', async () => {
    const log = await openAt(directory())
    expect((await refusal(openAt(directory()))).code).to.equal('PLOG_LOCKED')
    const other = fork(script('./endless-writer.js'), [directory()], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const [told] = (await once(other, 'message')) as unknown[]
    other.kill('SIGKILL')
    expect(told).to.equal('PLOG_LOCKED')
    await fill(log, 3)
    await log.close()
  })

  it('keeps what was acknowledged when its process is killed', async () => {
    const child = fork(script('./endless-writer.js'), [directory()])
    let acknowledged = -1
    child.on('message', (slot) => (acknowledged = Number(slot)))
    while (acknowledged < 50) await once(child, 'message')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const log = await openAt(directory())
    expect(log.recovery.cleanClose).to.equal(false)
    for (let slot = 0; slot <= acknowledged; slot++) {
      expect((await log.read(slot))?.value, `slot ${slot}`).to.deep.equal(valueOf(slot))
    }
    await log.close()
  })

  describe('when its files are not what was left', () => {
    it('never opens empty without a file of LevelDB', async () => {
      await create()
      const names = await readdir(engine())
      for (const name of names.filter((each) => !/^(LOG(\.old)?|LOCK)$/.test(each))) {
        await rename(join(engine(), name), join(directory(), 'engine.away'))
        for (const recovery of ['strict', 'salvage'] as const) {
          const error = await refusal(openAt(directory(), { recovery }))
          expect(error.code, name).to.equal('PLOG_CORRUPTED')
          expect(error.context.file, name).to.contain(engine())
        }
        await rename(join(directory(), 'engine.away'), join(engine(), name))
      }
      await (await openAt(directory())).close()
    })

    it('still knows of its clean close after a refused open', async () => {
      await create()
      await rename(join(engine(), 'CURRENT'), join(engine(), 'away'))
      await refusal(openAt(directory()))
      await rename(join(engine(), 'away'), join(engine(), 'CURRENT'))
      const log = await openAt(directory())
      expect(log.recovery.cleanClose).to.equal(true)
      await log.close()
    })

    it('cuts an unfinished write after an unclean end and reports it', async () => {
      const { log } = await killed()
      await appendFile(log, Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9]))
      const opened = await openAt(directory())
      expect(opened.recovery).to.include({ cleanClose: false, tornBytes: 9 })
      await opened.close()
    })

    it('refuses damage in the middle of its log in both modes, told where', async () => {
      const { log } = await killed()
      const bytes = await readFile(log)
      bytes[300] = (bytes[300] ?? 0) ^ 0x10
      await writeFile(log, bytes)
      for (const recovery of ['strict', 'salvage'] as const) {
        const error = await refusal(openAt(directory(), { recovery }))
        expect(error.code).to.equal('PLOG_CORRUPTED')
        expect(error.context.file).to.equal(log)
        expect(error.context.offset).to.be.within(0, 300)
      }
    })

    for (const [kind, step] of [
      ['flip', 17 * APART],
      ['cut', 23 * APART],
    ] as const) {
      it(`is refused or unchanged, never wrong and never dead, after each ${kind} of each file`, async () => {
        const intact = join(directory(), 'intact')
        const expected = await create(12, intact)
        const names = (await readdir(join(intact, 'engine'))).filter((name) => !/^LO/.test(name))
        const seen: Record<string, number> = {}
        for (const name of names) {
          const child = spawnSync(
            process.execPath,
            [
              script('./damage.js'),
              ...[intact, join(directory(), 'work'), `engine/${name}`, kind, String(step), expected],
            ],
            { encoding: 'utf8' },
          )
          const last = child.stderr.trim().split('\n').at(-1)
          expect(child.status, `${name} ended at byte ${last} with ${child.signal}`).to.equal(0)
          const { outcomes, wrong } = JSON.parse(child.stdout) as {
            outcomes: Record<string, number>
            wrong: string[]
          }
          expect(wrong, name).to.deep.equal([])
          for (const [code, count] of Object.entries(outcomes)) seen[code] = (seen[code] ?? 0) + count
        }
        expect(seen['PLOG_CORRUPTED']).to.be.greaterThan(50 / APART)
      })
    }
  })

  const killed = async (): Promise<{ log: string }> => {
    const child = fork(script('./endless-writer.js'), [directory()])
    for (let slot = 0; slot < 30;) [slot] = (await once(child, 'message')) as [number]
    child.kill('SIGKILL')
    await once(child, 'exit')
    const logs = (await readdir(engine())).filter((name) => name.endsWith('.log'))
    expect(logs).to.have.length(1)
    return { log: join(engine(), logs[0] ?? '') }
  }
})
