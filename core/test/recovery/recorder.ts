import type { CheckpointInfo, Decision, PersistentLog } from '../../src/contract/index.js'
import type { StateMachine } from '../../src/recovery/index.js'
import type { MemoryEngine } from '../support/memory-engine.js'
import { bytes, text } from '../support/values.js'

/** Its state is the list of what it was fed. */
export class Recorder implements StateMachine {
  state: string[] = []
  restores: number[] = []
  batches: number[] = []

  async restore({ slot }: CheckpointInfo, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.restores.push(slot)
    this.state = []
    let all = ''
    for await (const chunk of content) all += text(chunk)
    this.state = all.split(',')
  }

  apply(decisions: readonly Decision[]): void {
    this.batches.push(decisions.length)
    this.state.push(...decisions.map(({ value }) => text(value)))
  }
}

/** What the state is after the slots of a range. */
export const upTo = (to: number, from = 0): string[] =>
  Array.from({ length: to - from }, (_, i) => `v${from + i}`)
/** The slots of a range. */
export const slots = (to: number, from = 0): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** Stores the state below a slot, one chunk per decision. */
export async function storeCheckpoint(log: PersistentLog, slot: number): Promise<CheckpointInfo> {
  async function* content() {
    for (const [index, value] of upTo(slot).entries()) yield bytes(index === 0 ? value : `,${value}`)
  }
  return log.checkpoints.store(slot, content())
}

/** Damages the checkpoint that was stored last, from a chunk on. */
export function damageNewest(engine: MemoryEngine, fromChunk: number): void {
  engine.damagedFrom.set([...engine.content.keys()].at(-1)!, fromChunk)
}
