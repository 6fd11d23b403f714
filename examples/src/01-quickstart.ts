// The life of one decision: accepted, committed, read, and found again after the log was opened anew.
//   npm run build && node examples/dist/src/01-quickstart.js
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPersistentLogError, openLog } from '@persistent-log/core'

const directory = await mkdtemp(join(tmpdir(), 'plog-quickstart-'))
const log = await openLog({ backend: 'faster', directory })
const ballot = { round: 1, nodeId: 1 }
const value = new TextEncoder().encode('set x = 42')

// Each call resolves when its effect outlives the loss of power: that is the default, not an option.
await log.accept({ slot: 0, ballot, value })
console.log(
  `slot 0 after accept: ${log.bounds().acceptedCount} accepted, ${log.bounds().committedCount} decided`,
)
await log.commit({ slot: 0, ballot })
console.log(
  `slot 0 after commit: ${log.bounds().acceptedCount} accepted, ${log.bounds().committedCount} decided`,
)

// A decision is immutable: the same value again is fine, another one is refused.
await log.accept({ slot: 0, ballot, value })
try {
  await log.accept({
    slot: 0,
    ballot: { round: 9, nodeId: 1 },
    value: new TextEncoder().encode('set x = 43'),
  })
} catch (error) {
  if (!isPersistentLogError(error, 'PLOG_ALREADY_COMMITTED')) throw error
  console.log(`another value is refused: ${error.message}`)
}
await log.close()

const again = await openLog({ backend: 'faster', directory })
const decision = await again.read(0)
console.log(
  `after reopening: "${new TextDecoder().decode(decision?.value)}", ballot ${decision?.ballot.round}`,
)
console.log(`recovery: ${again.recovery.decisions} decision, clean close: ${again.recovery.cleanClose}`)
await again.close()
await rm(directory, { recursive: true })
