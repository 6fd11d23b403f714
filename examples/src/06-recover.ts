// A state machine that comes back: the newest checkpoint first, then only the decisions that follow it.
//   npm run build && node examples/dist/src/06-recover.js
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, recover, type CheckpointInfo, type Decision, type StateMachine } from '@persistent-log/core'

/** Counts words. */
class WordCount implements StateMachine {
  counts: Record<string, number> = {}

  apply(decisions: readonly Decision[]): void {
    for (const { value } of decisions) {
      const word = Buffer.from(value).toString()
      this.counts[word] = (this.counts[word] ?? 0) + 1
    }
  }

  async restore(_checkpoint: CheckpointInfo, content: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    this.counts = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, number>
  }
}

const WORDS = 'the log is the truth and the state is only what the log says'.split(' ')
const directory = await mkdtemp(join(tmpdir(), 'plog-recover-'))
const config = { backend: 'faster', directory }
const ballot = { round: 1, nodeId: 1 }

const log = await openLog(config)
await log.learnAll(WORDS.map((word, slot) => ({ slot, ballot, value: Buffer.from(word) })))
// The state as of slot 10, as a checkpoint; what it covers may go.
const early = new WordCount()
await recover(log, early, { range: { to: 10 } })
await log.checkpoints.store(10, Buffer.from(JSON.stringify(early.counts)))
const { removed } = await log.compact({ before: 10, retain: 2 })
console.log(`checkpoint at slot 10, ${removed} slots compacted, ${log.bounds().committedCount} left`)
// Slot 20 is decided, the slots before it are not: nothing may be executed across the gap.
await log.learn({ slot: 20, ballot, value: Buffer.from('never') })
await log.close()

const again = await openLog(config)
const machine = new WordCount()
const report = await recover(again, machine)
console.log(
  `restored slot ${report.checkpoint?.slot}, replayed ${report.replayed} decisions, stopped by a ${report.stoppedBy}`,
)
console.log(
  `"the" came ${machine.counts['the']} times, "log" ${machine.counts['log']} times, "never" ${machine.counts['never'] ?? 0}`,
)
await again.close()
await rm(directory, { recursive: true })
