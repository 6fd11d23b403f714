import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Decision, PersistentLog } from '@persistent-log/core'
import { FOOTER_HEADER_BYTES } from '../src/sealing/footer.js'
import { groupsEnd } from './support/closed-log.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { ThreadCaller } from './support/thread-caller.js'
import { valueOf } from './support/thread-values.js'

const SMALL = { segmentBytes: 64 * 1024, regionBytes: 64 * 1024 }
const decision = (slot: number) => ({ slot, ballot: { round: 1, nodeId: 1 }, value: valueOf(slot) })
const decisions = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => decision(from + at))

for (const mmap of ['required', 'off'] as const) {
  describe(`faster: threads, and footers that are cut off or damaged, mmap ${mmap}`, function () {
    this.timeout(60_000)
    let directory: string
    let log: PersistentLog
    const callers: ThreadCaller[] = []

    const open = async (): Promise<void> => void (log = await openDirectoryLog(directory, { ...SMALL, mmap }))
    const attach = async (): Promise<ThreadCaller> => {
      const caller = await ThreadCaller.attach(log)
      callers.push(caller)
      return caller
    }
    const expectSlots = async (thread: ThreadCaller, from: number, to: number): Promise<void> => {
      for (let slot = from; slot < to; slot++) {
        const found = await thread.call<Decision>('syncRead', slot)
        expect(Buffer.from(found?.value ?? []).toString(), `slot ${slot}`).equal(valueOf(slot).toString())
      }
    }
    /** In the index of that segment, and in the group that holds the slot. */
    const rot = async (segment: number, slot: number): Promise<void> => {
      const engine = join(directory, 'engine')
      const names = (await readdir(engine)).filter((name) => name.startsWith('tail-')).sort()
      const file = join(engine, names.at(segment) ?? '')
      const bytes = await readFile(file)
      const places = [groupsEnd(bytes) + FOOTER_HEADER_BYTES, bytes.indexOf(valueOf(slot))]
      for (const at of places) bytes[at] = bytes[at]! ^ 1
      await writeFile(file, bytes)
    }

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'plog-threads-'))
      await open()
    })

    afterEach(async () => {
      await Promise.all(callers.splice(0).map((caller) => caller.end()))
      await log.close()
      await rm(directory, { recursive: true, force: true })
    })

    it('reads what an open log holds, attached before its first write and after, and closed without one', async () => {
      await log.learnAll(decisions(0, 700))
      await log.close()
      await open()
      const first = await attach()
      await expectSlots(first, 0, 700)
      await log.close()
      await open()
      const before = await attach()
      await log.learn(decision(700))
      const after = await attach()
      await expectSlots(before, 300, 701)
      await expectSlots(after, 300, 701)
      await log.learnAll(decisions(701, 1_000))
      await expectSlots(before, 600, 1_000)
      await expectSlots(after, 600, 1_000)
    })

    it('is told of what only a damaged index and a damaged group of the last segment know', async () => {
      await log.learnAll(decisions(0, 5))
      await log.learnAll(decisions(50, 55))
      await log.close()
      await rot(-1, 50)
      await open()
      const thread = await attach()
      for (const time of ['before a write', 'behind it']) {
        await expectSlots(thread, 0, 5)
        for (let slot = 50; slot < 55; slot++) {
          expect((await thread.outcome('syncRead', slot)).error, time).equal('PLOG_BUSY')
          expect((await thread.outcome('read', slot)).error, time).equal('PLOG_CORRUPTED')
        }
        await log.learn(decision(60))
      }
    })

    it('is told of what only a damaged index and a damaged group of a sealed segment know', async () => {
      await log.learnAll(decisions(0, 5))
      await log.learnAll(decisions(50, 55))
      await log.learnAll(decisions(1_000, 2_000))
      await log.close()
      await rot(0, 50)
      await open()
      const thread = await attach()
      await expectSlots(thread, 0, 5)
      for (let slot = 50; slot < 55; slot++) {
        expect((await thread.outcome('syncRead', slot)).error).equal('PLOG_BUSY')
        expect((await thread.outcome('read', slot)).error).equal('PLOG_CORRUPTED')
      }
    })
  })
}
