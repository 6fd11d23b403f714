import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DurabilityConfig } from '@persistent-log/core'
import { isPersistentLogError, TEST_BOOT_ID_VARIABLE, type PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { openDirectoryLog } from './support/open-directory-log.js'
import { shownBy, valueOf } from './support/open-log.js'
import { isThorough } from './support/thorough.js'

const CHILD = fileURLToPath(new URL('./support/weak-accepts-child.js', import.meta.url))
/** Kills per size of the region. */
const CYCLES = isThorough ? 3 : 1
const ballot = { round: 1, nodeId: 1 }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs a child that accepts at process-crash until it is killed; returns how many slots it acknowledged. */
async function acceptAndKill(
  directory: string,
  mmap: 'required' | 'off',
  { bootId, regionBytes = 1024 * 1024 }: { bootId?: string; regionBytes?: number } = {},
): Promise<number> {
  const env = { ...process.env, ...(bootId === undefined ? {} : { [TEST_BOOT_ID_VARIABLE]: bootId }) }
  const child = fork(CHILD, [directory, mmap, String(regionBytes)], { env })
  let acknowledged = 0
  child.on('message', (slot) => {
    acknowledged = Number(slot) + 1
    if (acknowledged === 2_000) child.kill('SIGKILL')
  })
  await once(child, 'exit')
  return acknowledged
}

async function underBoot<T>(bootId: string, body: () => Promise<T>): Promise<T> {
  const before = process.env[TEST_BOOT_ID_VARIABLE]
  process.env[TEST_BOOT_ID_VARIABLE] = bootId
  try {
    return await body()
  } finally {
    if (before === undefined) delete process.env[TEST_BOOT_ID_VARIABLE]
    else process.env[TEST_BOOT_ID_VARIABLE] = before
  }
}

for (const mmap of ['required', 'off'] as const) {
  describe(`faster: survival (mmap ${mmap})`, () => {
    let directory = ''
    let log: PersistentLog | undefined

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'plog-'))
    })

    afterEach(async () => {
      await log?.close()
      log = undefined
      await rm(directory, { recursive: true, force: true })
    })

    /** A log whose region is there already. */
    async function openWithRegion(durability: DurabilityConfig = {}): Promise<PersistentLog> {
      const opened = await openDirectoryLog(directory, { mmap, durability })
      await opened.accept({ slot: 99, ballot, value: valueOf(99, 1) }, { survives: 'process-crash' })
      while (!(await readdir(join(directory, 'engine'))).includes('region')) await turn()
      await turn()
      return opened
    }

    async function decideWeakly(of: PersistentLog, slot: number): Promise<void> {
      await of.accept({ slot, ballot, value: valueOf(slot, 1) }, { survives: 'process-crash' })
      await of.commit({ slot, ballot }, { survives: 'process-crash' })
    }

    /** What a power cut leaves of a slot: it takes the region. */
    async function inTail(slot: number): Promise<boolean> {
      const engine = join(directory, 'engine')
      const tails = (await readdir(engine)).filter((name) => name.startsWith('tail-'))
      const bytes = await Promise.all(tails.map((name) => readFile(join(engine, name))))
      return bytes.some((tail) => tail.includes(valueOf(slot, 1)))
    }

    for (const regionBytes of [64 * 1024, 16 * 1024 * 1024]) {
      it(`keeps all that was acknowledged at process-crash over SIGKILL, in a region of ${regionBytes} bytes`, async function () {
        this.timeout(60_000)
        for (let cycle = 0; cycle < CYCLES; cycle++) {
          const acknowledged = await acceptAndKill(directory, mmap, { regionBytes })
          expect(acknowledged).at.least(2_000)
          log = await openDirectoryLog(directory, { mmap })
          const shown = await shownBy(log)
          for (let slot = 0; slot < acknowledged; slot++) {
            const expected = slot % 3 === 0 ? 'decided 1' : 'accepted 1'
            expect(shown.get(slot), `slot ${slot}`).equal(expected)
          }
          expect(log.recovery.votesLost).equal(false)
          expect(await readdir(join(directory, 'engine'))).not.include('region')
          await log.close()
          await rm(join(directory), { recursive: true, force: true })
        }
      })
    }

    it('tells that votes may be lost when the machine restarted behind weak accepts', async function () {
      this.timeout(30_000)
      await acceptAndKill(directory, mmap, { bootId: 'boot-1' })
      log = await underBoot('boot-2', () => openDirectoryLog(directory, { mmap }))
      expect(log.recovery.votesLost).equal(true)
      await shownBy(log)
      const error: unknown = await log
        .accept({ slot: 1, ballot, value: valueOf(1, 1) })
        .catch((e: unknown) => e)
      expect(isPersistentLogError(error, 'PLOG_VOTES_LOST')).equal(true)
      await log.close()
      // It is remembered until the user takes it on himself, and not afterwards.
      log = await underBoot('boot-2', () => openDirectoryLog(directory, { mmap }))
      expect(log.status.votesLost).equal(true)
      await log.close()
      log = await underBoot('boot-2', () => openDirectoryLog(directory, { mmap, acceptLostVotes: true }))
      expect(log.status.votesLost).equal(false)
      await log.close()
      log = await underBoot('boot-2', () => openDirectoryLog(directory, { mmap }))
      expect(log.status.votesLost).equal(false)
    })

    it('is refused where more is asked for than there is, and leaves nothing behind', async () => {
      for (const durability of [{ accept: 'machine-loss' }, { commit: 'machine-loss' }] as const) {
        const refused = await openDirectoryLog(directory, { mmap, durability }).catch(
          (error: unknown) => error,
        )
        expect(isPersistentLogError(refused, 'PLOG_UNSUPPORTED'), String(refused)).to.equal(true)
        expect(await readdir(directory)).to.deep.equal([])
      }
    })

    it('loses no vote in a restart when every accept was at power-loss', async () => {
      log = await underBoot('boot-1', () => openDirectoryLog(directory, { mmap }))
      await log.accept({ slot: 0, ballot, value: valueOf(0, 1) })
      await log.commit({ slot: 0, ballot }, { survives: 'process-crash' })
      await log.close()
      log = await underBoot('boot-2', () => openDirectoryLog(directory, { mmap }))
      expect(log.recovery.votesLost).equal(false)
    })

    it('moves weak accepts to the tail with a flush and with a close', async () => {
      log = await openDirectoryLog(directory, { mmap })
      for (let slot = 0; slot < 10; slot++) {
        await log.accept({ slot, ballot, value: valueOf(slot, 1) }, { survives: 'process-crash' })
      }
      const before = log.metrics().bytesWritten
      await log.accept({ slot: 10, ballot, value: valueOf(10, 1) }, { survives: 'process-crash' })
      expect(log.metrics().bytesWritten, 'the region takes it').equal(before)
      await log.flush()
      expect(log.metrics().bytesWritten).greaterThan(before)
      expect((await log.readAccepted(10))?.value).deep.equal(new Uint8Array(valueOf(10, 1)))
      await log.accept({ slot: 11, ballot, value: valueOf(11, 1) }, { survives: 'process-crash' })
      await log.close()
      log = await openDirectoryLog(directory, { mmap })
      expect(log.recovery.accepted).equal(12)
      expect(log.recovery.cleanClose).equal(true)
    })

    it('has the weak decisions below a checkpoint in the tail before the checkpoint', async () => {
      log = await openWithRegion()
      for (let slot = 0; slot < 3; slot++) await decideWeakly(log, slot)
      expect(await inTail(0), 'the region takes it').equal(false)
      await log.checkpoints.store(3, valueOf(0, 9))
      for (let slot = 0; slot < 3; slot++) expect(await inTail(slot), `slot ${slot}`).equal(true)
    })

    it('keeps the pace of weak writes though stronger ones follow them', async () => {
      log = await openWithRegion({ flush: { everyMs: 20 } })
      await decideWeakly(log, 0)
      await log.accept({ slot: 10, ballot, value: valueOf(10, 1) })
      while (!(await inTail(0))) await new Promise((resolve) => setTimeout(resolve, 5))
    })

    it('takes more weak accepts than the region holds', async () => {
      log = await openDirectoryLog(directory, { mmap, regionBytes: 64 * 1024 })
      for (let slot = 0; slot < 300; slot++) {
        await log.accept({ slot, ballot, value: valueOf(slot, 1, 1000) }, { survives: 'process-crash' })
      }
      expect((await shownBy(log, 1000)).size).equal(300)
      for (let slot = 1; slot < 300; slot++) await log.commit({ slot, ballot }, { survives: 'process-crash' })
      await log.accept({ slot: 300, ballot, value: valueOf(300, 1, 1000) }, { survives: 'process-crash' })
      await log.close()
      log = await openDirectoryLog(directory, { mmap })
      const shown = await shownBy(log, 1000)
      expect(shown.size).equal(301)
      expect([...shown].filter(([, what]) => what.startsWith('accepted')).map(([slot]) => slot)).deep.equal([
        0, 300,
      ])
    })

    it('gives space back, and stays whole over it', async () => {
      log = await openDirectoryLog(directory, { mmap, segmentBytes: 64 * 1024 })
      await log.promise({ round: 1, nodeId: 1 })
      await log.accept({ slot: 0, ballot, value: valueOf(0, 1) })
      for (let slot = 1; slot < 2_000; slot += 100) {
        const decisions = Array.from({ length: 100 }, (_, at) => slot + at)
        await log.learnAll(decisions.map((one) => ({ slot: one, ballot, value: valueOf(one, 1, 400) })))
      }
      await log.commit({ slot: 0, ballot })
      const before = (await readdir(join(directory, 'engine'))).length
      await log.compact({ before: 1_990, withoutCheckpoint: true })
      const after = (await readdir(join(directory, 'engine'))).length
      expect(after).below(before / 2)
      expect((await log.verify()).ok).equal(true)
      await log.close()
      log = await openDirectoryLog(directory, { mmap, segmentBytes: 64 * 1024 })
      expect(log.promised()).deep.equal({ round: 1, nodeId: 1 })
      expect(log.bounds().compactedBefore).equal(1_990)
      expect((await shownBy(log, 400)).size).equal(11)
    })

    it('reads what far-apart slots hold', async () => {
      log = await openDirectoryLog(directory, { mmap })
      for (const slot of [0, 2 ** 32, 2 ** 53 - 2]) await log.learn({ slot, ballot, value: valueOf(slot, 1) })
      expect([...(await shownBy(log)).keys()]).deep.equal([0, 2 ** 32, 2 ** 53 - 2])
    })
  })
}
