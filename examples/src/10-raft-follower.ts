// A Raft follower over a log: raft/follower.ts has its four calls. Leaders ship entries, a conflicting end is replaced in
// one write, what the leader has committed is decided, and a snapshot takes the place of what is missing.
//   npm run build && node examples/dist/src/10-raft-follower.js
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, type PersistentLog } from '@persistent-log/core'
import { Follower, type Entry } from './raft/follower.js'

const shipped = (term: number, ...commands: string[]): Entry[] => commands.map((command) => [term, command])

/** Each index with its term; "?" where it is not committed. */
async function tell(what: string, log: PersistentLog): Promise<void> {
  const shown: string[] = []
  for await (const { slot, ballot, status } of log.decisions({}, { includeAccepted: true })) {
    shown.push(`${slot}:${ballot.round}${status === 'decided' ? '' : '?'}`)
  }
  console.log(`${what}: ${shown.join(' ') || 'nothing'} behind ${log.bounds().compactedBefore - 1}`)
}

const directory = await mkdtemp(join(tmpdir(), 'plog-raft-'))
const config = { backend: 'lmdb', directory, firstSlot: 1 } // Raft counts from 1.
let log = await openLog(config)
let follower = new Follower(log)

await follower.saveHardState(1, 'a')
await follower.append([0, 0], shipped(1, 'x = 1', 'x = 2', 'x = 3'), 1)
await tell('the leader of term 1', log)

// It votes for the leader of term 3, who ships an entry of term 2 that no promise of term 3 would have let in.
await follower.saveHardState(3, 'c')
console.log('after a gap:', await follower.append([7, 2], shipped(3, 'x = 7'), 1))
console.log('after another entry:', await follower.append([2, 2], shipped(3, 'x = 7'), 1))
await follower.append([1, 1], [...shipped(2, 'y = 1'), ...shipped(3, 'y = 2')], 2)
await tell('the leader of term 3', log)
await follower.append([1, 1], shipped(2, 'y = 1'), 2) // Comes late, and drops nothing.
await tell('a late message', log)

await log.close()
log = await openLog(config)
follower = new Follower(log)
const hardState = await log.configuration.load('hard-state')
console.log(`after reopening: ${Buffer.from(hardState?.value ?? []).toString()}`)

await follower.install([9, 3], Buffer.from('the state after index 9'))
await tell('a snapshot', log)
await follower.append([9, 3], shipped(3, 'z = 1'), 10)
await tell('what follows it', log)
await log.close()
await rm(directory, { recursive: true })
