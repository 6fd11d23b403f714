// The same program on four backends: one word of the configuration differs, and what the log promises with it.
//   npm run build && node examples/dist/src/02-swap-backend.js
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, type PersistentLog } from '@persistent-log/core'

const ENTRIES = 500
const parent = await mkdtemp(join(tmpdir(), 'plog-swap-'))
const ballot = { round: 1, nodeId: 1 }

/** Knows nothing of backends. */
async function decideMany(log: PersistentLog): Promise<void> {
  const decisions = Array.from({ length: ENTRIES }, async (_, slot) => {
    await log.accept({ slot, ballot, value: new TextEncoder().encode(`command ${slot}`) })
    await log.commit({ slot, ballot })
  })
  await Promise.all(decisions)
}

for (const backend of ['memory', 'faster', 'lmdb', 'level']) {
  const config = { backend, directory: join(parent, backend) }
  const log = await openLog(config)
  await decideMany(log)
  const { capabilities } = log
  const { flushes, flushedWrites } = log.metrics()
  await log.close()

  // What is left when somebody opens it again?
  const again = await openLog(config)
  console.log(
    `${backend}: commits survive ${capabilities.survives.commit}, open by ${capabilities.openBy}, ` +
      `${flushedWrites} writes shared ${flushes} flushes, ` +
      `${again.bounds().committedCount} of ${ENTRIES} decisions are there after reopening`,
  )
  await again.close()
}
await rm(parent, { recursive: true })
