import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import type { PersistentLog } from '@persistent-log/core'
import { openDirectoryLog } from './support/open-directory-log.js'
import type { ReaderReport } from './support/reader-thread.js'
import { valueOf } from './support/thread-values.js'

/** `PLOG_SOAK_SECONDS` makes it a soak. */
const SECONDS = Number(process.env.PLOG_SOAK_SECONDS ?? 2)
const READERS = 8
const BALLOT = { round: 1, nodeId: 1 }
/** Small, so that segments roll, are sealed and retired all the time, and the ring wraps. */
const SMALL = { segmentBytes: 64 * 1024, regionBytes: 64 * 1024 }
const KEPT_SLOTS = 1_000
/** However slow the machine is: so much has to be rolled, sealed, moved and given back. */
const LEAST_SLOTS = 4_000

async function startReader(
  log: PersistentLog,
  seed: number,
): Promise<{ readonly report: Promise<ReaderReport> }> {
  const url = new URL('./support/reader-thread.js', import.meta.url)
  const worker = new Worker(url, { workerData: { handle: log.threadHandle!(), seed } })
  const report = new Promise<ReaderReport>((resolve, reject) => {
    worker.on('message', (message) => {
      if (message !== 'attached') resolve(message as ReaderReport)
    })
    worker.on('error', reject)
  })
  report.catch(() => undefined)
  await Promise.race([once(worker, 'message'), report])
  return { report }
}

/** Accepts and commits on and on, at memory speed and through the tail, and compacts what is old. */
async function write(log: PersistentLog, untilMs: number): Promise<number> {
  let slot = 0
  while (performance.now() < untilMs || slot < LEAST_SLOTS) {
    const survives = slot % 300 < 200 ? 'process-crash' : 'power-loss'
    const group = []
    for (const end = slot + 50; slot < end; slot++) {
      const proposal = { slot, ballot: BALLOT, value: valueOf(slot) }
      group.push(log.accept(proposal, { survives }), log.commit({ slot, ballot: BALLOT }, { survives }))
    }
    await Promise.all(group)
    if (slot % 500 === 0 && slot > KEPT_SLOTS) {
      await log.compact({ before: slot - KEPT_SLOTS, withoutCheckpoint: true })
    }
    await nextTurn()
  }
  return slot
}

for (const mmap of ['required', 'off'] as const) {
  describe(`faster: eight threads read while the owner writes, mmap ${mmap}`, function () {
    this.timeout((SECONDS + 60) * 1_000)
    let directory: string

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'plog-threads-'))
    })

    afterEach(() => rm(directory, { recursive: true, force: true }))

    it('never shows a wrong byte, and ends when the log is closed', async () => {
      const log = await openDirectoryLog(directory, { ...SMALL, mmap })
      const reports: Promise<ReaderReport>[] = []
      for (let seed = 1; seed <= READERS; seed++) reports.push((await startReader(log, seed)).report)
      const written = await write(log, performance.now() + SECONDS * 1_000)
      await log.close()
      const seen = await Promise.all(reports)
      for (const { reads, borrowed, lent, scanned, ended } of seen) {
        expect(ended).equal('PLOG_NOT_OPEN')
        expect(Math.min(reads, borrowed, lent, scanned)).greaterThan(0)
      }
      if (process.env.PLOG_SOAK_SECONDS) console.log({ written, seen })
    })
  })
}
