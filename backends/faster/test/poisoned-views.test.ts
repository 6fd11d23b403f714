import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attachLog, type BorrowedReads } from '@persistent-log/core'
import { POISON } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { openDirectoryLog } from './support/open-directory-log.js'

/** Views that were kept: of a read and of a scan. */
function keptViews(reads: BorrowedReads): Uint8Array[] {
  const kept: Uint8Array[] = []
  reads.read(0, (view) => kept.push(view))
  reads.scan({}, (_, view) => kept.push(view))
  return kept
}

describe('faster: poisoned views', () => {
  let directory: string
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'plog-'))))
  afterEach(() => rm(directory, { recursive: true }))

  for (const poisonViews of [true, false]) {
    it(`are what an attached thread keeps, as its owner does, ${poisonViews ? 'where' : 'only where'} they are asked for`, async () => {
      const log = await openDirectoryLog(directory, { poisonViews })
      try {
        const value = Buffer.from('a value')
        await log.learn({ slot: 0, ballot: { round: 1, nodeId: 1 }, value })
        const attached = await attachLog(log.threadHandle!())
        const left = poisonViews ? Buffer.alloc(value.length, POISON) : value
        for (const reads of [log.borrowedReads!, attached.borrowedReads!]) {
          expect(keptViews(reads).map((view) => Buffer.from(view))).deep.equal([left, left])
        }
        await attached.close()
      } finally {
        await log.close()
      }
    })
  }
})
