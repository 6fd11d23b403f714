import type { PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ballot } from './support/closed-log.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { valueOf } from './support/open-log.js'

const MIB = 1024 * 1024
const VALUE_BYTES = 64 * 1024
const BATCH = 8

/** Decides so many large values, slots from 0. */
async function learnLarge(log: PersistentLog, count: number): Promise<void> {
  for (let slot = 0; slot < count; slot += BATCH) {
    const value = (at: number): Buffer => valueOf(slot + at, 1, VALUE_BYTES)
    await log.learnAll(
      Array.from({ length: BATCH }, (_, at) => ({ slot: slot + at, ballot: ballot(1), value: value(at) })),
    )
  }
}

for (const mmap of ['required', 'off'] as const) {
  describe(`faster: verification, mmap ${mmap}`, () => {
    let directory: string
    let log: PersistentLog

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'plog-'))
    })
    afterEach(async () => {
      await log.close()
      await rm(directory, { recursive: true, force: true })
    })

    it('reads a large segment over many turns of the event loop', async () => {
      log = await openDirectoryLog(directory, { mmap, segmentBytes: 64 * MIB })
      await learnLarge(log, 128)
      let turns = 0
      let isOver = false
      const count = (): void => {
        turns++
        if (!isOver) setImmediate(count)
      }
      setImmediate(count)
      const report = await log.verify()
      isOver = true
      expect(report.damaged).deep.equal([])
      // 8 MiB in pieces of at most 1 MiB.
      expect(turns).greaterThanOrEqual(8)
    })

    it('finds nothing wrong in segments that compaction takes while they are read', async () => {
      log = await openDirectoryLog(directory, { mmap, segmentBytes: MIB, spareSegments: 0 })
      await learnLarge(log, 256)
      const [report] = await Promise.all([
        log.verify(),
        log.compact({ before: 248, withoutCheckpoint: true }),
      ])
      expect(report.damaged).deep.equal([])
      expect((await log.verify()).damaged).deep.equal([])
    })

    it('ends when its caller gives up, in the middle of a segment too', async () => {
      log = await openDirectoryLog(directory, { mmap, segmentBytes: 64 * MIB })
      await learnLarge(log, 128)
      const caller = new AbortController()
      const verified = log.verify({ signal: caller.signal }).then(
        () => 'whole',
        (error: unknown) => error,
      )
      setImmediate(() => setImmediate(() => caller.abort(new Error('enough'))))
      expect(await verified).not.equal('whole')
    })
  })
}
