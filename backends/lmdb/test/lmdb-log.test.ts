import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { contentOf, fill, freshDirectory, openAt, refusal, valueOf } from './logs.js'

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

describe('a log on LMDB', function () {
  this.timeout(120_000)
  const directory = freshDirectory()
  const data = (): string => join(directory(), 'engine', 'data.mdb')

  const create = async (slots = 20, at = directory()): Promise<string> => {
    const log = await openAt(at)
    await fill(log, slots)
    const content = await contentOf(log)
    await log.close()
    return content
  }

  it('declares what it can do', async () => {
    const log = await openAt(directory())
    expect(log.backend).to.equal('lmdb')
    expect(log.capabilities).to.deep.include({
      survives: { accept: 'power-loss', commit: 'power-loss' },
      openBy: 'one-process',
      atomicBatches: true,
      syncReads: true,
      borrowedReads: true,
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

  it('is not made where more durability is asked for than there is', async () => {
    const asked = { durability: { accept: 'machine-loss' }, firstSlot: 0 } as const
    expect((await refusal(openAt(directory(), asked))).code).to.equal('PLOG_UNSUPPORTED')
    const log = await openAt(directory(), { firstSlot: 1 })
    expect(log.firstSlot).to.equal(1)
    await log.close()
  })

  it('keeps the first slot that it was created with', async () => {
    await (await openAt(directory(), { firstSlot: 5 })).close()
    const log = await openAt(directory(), { firstSlot: 1 })
    expect(log.bounds().compactedBefore).to.equal(5)
    await log.close()
  })

  it('lends values of exactly their length', async () => {
    await create()
    const log = await openAt(directory())
    const lent = log.borrowedReads?.read(7, (value) => [...value])
    expect(lent).to.deep.equal([...valueOf(7)])
    await log.close()
  })

  describe('refuses an option', () => {
    const cases: [string, Record<string, unknown>, string, unknown, RegExp][] = [
      [
        'of another type',
        { writeTimeoutMs: 'soon' },
        'options.lmdb.writeTimeoutMs',
        'soon',
        /integer from 100/,
      ],
      ['below its range', { writeTimeoutMs: 99 }, 'options.lmdb.writeTimeoutMs', 99, /100/],
      ['above its range', { writeTimeoutMs: 2 ** 31 }, 'options.lmdb.writeTimeoutMs', 2 ** 31, /2147483647/],
      ['that is no whole number', { writeTimeoutMs: 100.5 }, 'options.lmdb.writeTimeoutMs', 100.5, /int/],
      ['that is no boolean', { readAhead: 1 }, 'options.lmdb.readAhead', 1, /true or false/],
      ['that it does not know', { noSync: true }, 'options.lmdb.noSync', true, /writeTimeoutMs|readAhead/],
    ]
    for (const [title, options, path, value, allowed] of cases) {
      it(title, async () => {
        const error = await refusal(openAt(directory(), { options: { lmdb: options } }))
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
    it('never opens empty without its data file', async () => {
      await create()
      await rm(data())
      for (const recovery of ['strict', 'salvage'] as const) {
        const error = await refusal(openAt(directory(), { recovery }))
        expect(error.code).to.equal('PLOG_CORRUPTED')
        expect(error.context.file).to.equal(data())
      }
      expect(await readdir(join(directory(), 'engine'))).not.to.include('data.mdb')
    })

    it('refuses a shortened data file in both modes, told where, and the process lives', async () => {
      await create()
      await truncate(data(), (await stat(data())).size - 3 * 4096)
      for (const recovery of ['strict', 'salvage'] as const) {
        const error = await refusal(openAt(directory(), { recovery }))
        expect(error.code).to.equal('PLOG_CORRUPTED')
        expect(error.context.file).to.equal(data())
        expect(error.context.offset).to.be.a('number')
      }
    })

    it('still knows of its clean close after a refused open', async () => {
      await create()
      await rename(data(), `${data()}.away`)
      await refusal(openAt(directory()))
      await rename(`${data()}.away`, data())
      const log = await openAt(directory())
      expect(log.recovery.cleanClose).to.equal(true)
      await log.close()
    })

    it('does without a lock file of LMDB, and with one that is rubbish', async () => {
      const content = await create()
      for (const rubbish of ['', 'rubbish', '\xff'.repeat(8192)]) {
        await writeFile(join(directory(), 'engine', 'lock.mdb'), rubbish)
        const log = await openAt(directory())
        expect(await contentOf(log)).to.equal(content)
        await log.close()
      }
    })

    const examine = async (kind: 'flip' | 'cut', step: number) => {
      const intact = join(directory(), 'intact')
      const expected = await create(12, intact)
      const child = spawnSync(
        process.execPath,
        [
          script('./damage.js'),
          intact,
          join(directory(), 'work'),
          'engine/data.mdb',
          kind,
          String(step),
          expected,
        ],
        { encoding: 'utf8' },
      )
      const last = child.stderr.trim().split('\n').at(-1)
      expect(child.status, `ended at byte ${last} with ${child.signal}`).to.equal(0)
      return JSON.parse(child.stdout) as { outcomes: Record<string, number>; wrong: string[] }
    }

    it('is refused or unchanged, never wrong and never dead, whichever bit is flipped', async () => {
      const [step, least] = process.env['CI'] === 'true' ? [61, 50] : [127, 25]
      const { outcomes, wrong } = await examine('flip', step)
      expect(wrong).to.deep.equal([])
      expect(outcomes['PLOG_CORRUPTED']).to.be.greaterThan(least)
    })

    it('is refused or unchanged, never wrong and never dead, wherever it is cut', async () => {
      const { outcomes, wrong } = await examine('cut', 499)
      expect(wrong).to.deep.equal([])
      expect(outcomes['PLOG_CORRUPTED']).to.be.greaterThan(20)
    })
  })
})
