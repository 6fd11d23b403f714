import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ballot } from './support/closed-log.js'
import { valueOf } from './support/open-log.js'
import { openDirectoryLog } from './support/open-directory-log.js'

const REGION_BYTES = 16 * 1024 * 1024
const LOGS = 8
const COLLECTIONS = 20
const SWEEP_MS = 50

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe('faster: a closed log', () => {
  it('keeps no region in memory, whoever still has it', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'closed-log-'))
    try {
      const closed = []
      collect()
      const before = process.memoryUsage().arrayBuffers
      for (let at = 0; at < LOGS; at++) {
        const log = await openDirectoryLog(join(parent, String(at)), {
          mmap: 'off',
          regionBytes: REGION_BYTES,
        })
        await log.accept({ slot: 0, ballot: ballot(1), value: valueOf(0, 1) }, { survives: 'process-crash' })
        await log.close()
        closed.push(log)
      }
      const kept = (): number => process.memoryUsage().arrayBuffers - before
      // What is collected is given back beside the program, at some time.
      for (let times = 0; times < COLLECTIONS && kept() >= REGION_BYTES; times++) {
        await sleep(SWEEP_MS)
        collect()
      }
      expect(closed.map(({ status }) => status.state)).deep.equal(closed.map(() => 'closed'))
      expect(kept()).below(REGION_BYTES)
    } finally {
      await rm(parent, { recursive: true, force: true })
    }
  })
})
