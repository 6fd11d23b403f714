// A state in parts: a checkpoint writes what changed, and another log is sent what it lacks.
//   npm run build && node examples/dist/src/08-divisible-state.js
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diffParts, openLog, type PartSource } from '@persistent-log/core'

const PAGES = 100
const directory = await mkdtemp(join(tmpdir(), 'plog-parts-'))
const [leader, follower] = await Promise.all(
  ['leader', 'follower'].map((name) => openLog({ backend: 'faster', directory: join(directory, name) })),
)
const ballot = { round: 1, nodeId: 1 }
await leader!.learnAll([0, 1].map((slot) => ({ slot, ballot, value: Buffer.from(`page ${slot} changes`) })))

/** The pages of a state machine: one of them is another one in each version. */
const pages = (version: number): PartSource[] =>
  Array.from({ length: PAGES }, (_, page) => ({
    name: `page-${page}`,
    content: Buffer.alloc(4096, `${page}${page === 7 ? `.${version}` : ''} `),
  }))

const { divisible } = leader!.checkpoints
await divisible.store(1, pages(1))
await divisible.store(2, pages(2))
const { added, kept } = diffParts(await divisible.describe(1), await divisible.describe(2))
console.log(
  `from slot 1 to 2: ${added.map(({ name }) => name).join(', ')} is written, ${kept.length} parts are shared`,
)

/** What the follower lacks goes over the wire; a part that arrived stays when the link breaks. */
async function ship(slot: number): Promise<void> {
  const descriptor = await divisible.describe(slot)
  const wanted = await follower!.checkpoints.divisible.missing(descriptor)
  for await (const part of divisible.export(slot, { only: wanted.map(({ digest }) => digest) })) {
    await follower!.checkpoints.divisible.receive(part)
  }
  await follower!.checkpoints.divisible.install(slot, descriptor)
  console.log(
    `slot ${slot}: ${wanted.length} parts shipped, the follower starts at ${follower!.bounds().compactedBefore}`,
  )
}
await ship(1)
await ship(2)

// The follower's older checkpoint goes, and with it what only that one named.
await follower!.checkpoints.prune({ keep: 1 })
let bytes = 0
for await (const chunk of follower!.checkpoints.read(2)) bytes += chunk.byteLength
console.log(`the state has ${bytes} bytes, verify says ${(await follower!.verify()).ok}`)
await Promise.all([leader!.close(), follower!.close()])
await rm(directory, { recursive: true })
