// A backend of your own, selected by the name of its npm package. It is one adapter of less than 80 lines
// (examples/custom-backend/src/index.ts); the contract, checksums, recovery and checkpoints come with the port.
//   npm run build && node examples/dist/src/04-custom-backend.js
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '@persistent-log/core'

const directory = await mkdtemp(join(tmpdir(), 'plog-custom-'))
const config = { backend: '@persistent-log/backend-example', directory }
const ballot = { round: 1, nodeId: 1 }

const log = await openLog(config)
await log.promise(ballot)
for (let slot = 0; slot < 3; slot++) {
  await log.accept({ slot, ballot, value: Buffer.from(`command ${slot}`) })
  await log.commit({ slot, ballot })
}
await log.checkpoints.store(2, Buffer.from('state after two commands'))
await log.compact({ before: 2 })
await log.close()

// The engine's whole storage is a text file.
const lines = (await readFile(join(directory, 'engine/writes.txt'), 'utf8')).split('\n').filter(Boolean)
console.log(
  `the engine's file has ${lines.length} lines; the last is the sign of a clean end: ${lines.at(-1)}`,
)

const again = await openLog(config)
console.log(
  `promised ${again.promised()?.round}.${again.promised()?.nodeId}, starts at slot ${again.bounds().compactedBefore}`,
)
console.log(`slot 2: "${Buffer.from((await again.read(2))?.value ?? []).toString()}"`)
const { ok, slots, checkpoints } = await again.verify()
console.log(
  `verified ${slots} slot and ${checkpoints} checkpoint: ${ok ? 'all is what was written' : 'DAMAGED'}`,
)
await again.close()
await rm(directory, { recursive: true })
