import type { Ballot } from '@persistent-log/core'
import { ModelLog } from './model-log.js'
import { sameBytes, sameCut, type ModelCheckpoint, type ModelPart, type ModelRecord } from './model-state.js'
import { Refusal } from './refusal.js'

/** A checkpoint as it was asked for. */
export interface ModelCheckpointCall {
  readonly ballot?: Ballot | undefined
  readonly metadata?: Uint8Array | undefined
  readonly acrossGaps?: boolean | undefined
  readonly parts?: readonly ModelPart[] | undefined
  readonly discardFrom?: number | undefined
}

/** A compaction as it was asked for. */
export interface ModelCompactCall {
  readonly before: number
  readonly retain?: number | undefined
  readonly acrossGaps?: boolean | undefined
  readonly withoutCheckpoint?: boolean | undefined
}

/** The whole model: the log, and the stores beside it. */
export class Model extends ModelLog {
  newest(): ModelCheckpoint | undefined {
    return this.state.checkpoints.at(-1)
  }

  nearest(slot: number): ModelCheckpoint | undefined {
    return this.state.checkpoints.findLast((checkpoint) => checkpoint.slot <= slot)
  }

  storeCheckpoint(slot: number, content: Uint8Array, call: ModelCheckpointCall = {}): ModelCheckpoint {
    const known = this.judgeCheckpoint(
      slot,
      content,
      slot > this.contiguousTo() && !call.acrossGaps,
      call.parts,
    )
    return known ?? this.addCheckpoint(slot, content, call)
  }

  installCheckpoint(slot: number, content: Uint8Array, call: ModelCheckpointCall = {}): ModelCheckpoint {
    if (call.discardFrom !== undefined) this.checkSlot(call.discardFrom)
    const known = this.judgeCheckpoint(slot, content, false, call.parts)
    const checkpoint = known ?? this.addCheckpoint(slot, content, call)
    if (call.discardFrom !== undefined) this.drop(call.discardFrom, Infinity)
    if (slot > this.state.point) this.moveTo(slot, call.ballot)
    return checkpoint
  }

  /** The stored one when the call repeats it. */
  judgeCheckpoint(
    slot: number,
    content: Uint8Array,
    ahead: boolean,
    parts?: readonly ModelPart[],
  ): ModelCheckpoint | undefined {
    const newest = this.newest()
    if (newest?.slot === slot) {
      if (!sameBytes(newest.content, content) || !this.sameCut(newest.parts, parts))
        throw new Refusal(['PLOG_STALE_CHECKPOINT'])
      return newest
    }
    const older = newest !== undefined && slot < newest.slot
    const gone = slot < this.state.point
    if (older && gone) throw new Refusal(['PLOG_STALE_CHECKPOINT', 'PLOG_COMPACTED'])
    if (older && ahead) throw new Refusal(['PLOG_STALE_CHECKPOINT', 'PLOG_CHECKPOINT_AHEAD'])
    if (older) throw new Refusal(['PLOG_STALE_CHECKPOINT'])
    if (gone) throw new Refusal(['PLOG_COMPACTED'])
    if (ahead) throw new Refusal(['PLOG_CHECKPOINT_AHEAD'], { contiguousTo: this.contiguousTo() })
    return undefined
  }

  addCheckpoint(slot: number, content: Uint8Array, call: ModelCheckpointCall): ModelCheckpoint {
    const metadata = call.metadata && this.copy(call.metadata)
    const checkpoint = { slot, content: this.copy(content), parts: call.parts, ballot: call.ballot, metadata }
    this.state.checkpoints.push(checkpoint)
    return checkpoint
  }

  sameCut(a: readonly ModelPart[] | undefined, b: readonly ModelPart[] | undefined): boolean {
    return sameCut(a, b)
  }

  prune(keep: number): number {
    const removed = Math.max(0, this.state.checkpoints.length - keep)
    this.state.checkpoints = this.state.checkpoints.slice(removed)
    return removed
  }

  /** Returns how many stored slots went. */
  compact(call: ModelCompactCall): number {
    const point = Math.max(this.state.point, call.before - (call.retain ?? 0))
    if (point === this.state.point) return 0
    const newest = this.newest()
    const uncovered = !call.withoutCheckpoint && (newest === undefined || newest.slot < point)
    const gap = !call.acrossGaps && this.contiguousTo() < point
    if (uncovered && gap) throw new Refusal(['PLOG_CHECKPOINT_REQUIRED', 'PLOG_GAP'])
    if (uncovered) throw new Refusal(['PLOG_CHECKPOINT_REQUIRED'])
    if (gap) throw new Refusal(['PLOG_GAP'], { slot: this.contiguousTo() })
    return this.moveTo(point)
  }

  moveTo(point: number, ballot?: Ballot): number {
    const below = this.state.slots.get(point - 1)
    this.state.compactedBallot = ballot ?? (below?.decided ? below.ballot : undefined)
    this.state.point = point
    let removed = 0
    for (const slot of [...this.state.slots.keys()]) {
      if (slot < point && this.state.slots.delete(slot)) removed++
    }
    return removed
  }

  loadConfiguration(name: string): ModelRecord | undefined {
    return this.state.configurations.get(name)
  }

  storeConfiguration(name: string, record: ModelRecord): void {
    const stored = this.loadConfiguration(name)
    const retry = stored?.version === record.version && sameBytes(stored.value, record.value)
    if (retry) return
    if (stored && record.version <= stored.version) throw new Refusal(['PLOG_STALE_VERSION'])
    this.state.configurations.set(name, { version: record.version, value: this.copy(record.value) })
  }
}
