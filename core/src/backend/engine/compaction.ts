import type { CompactOptions } from '../../contract/persistent-log.js'
import type { CompactionReport } from '../../contract/reports.js'
import type { Slot } from '../../contract/slot.js'
import { PersistentLogError } from '../../errors/persistent-log-error.js'
import * as check from '../arguments.js'
import * as names from '../call-names.js'
import { judgeCompaction } from '../laws/compaction-law.js'
import { ballotBelow } from './ballot-below.js'
import type { CheckpointHealth } from './checkpoint-health.js'
import type { LogParts } from './log-parts.js'

/** Moves the point: the move is the commit point, giving the space back follows it and may be repeated. */
export class Compaction {
  readonly #parts: LogParts
  readonly #health: CheckpointHealth

  constructor(parts: LogParts, health: CheckpointHealth) {
    this.#parts = parts
    this.#health = health
  }

  async compact(options: CompactOptions): Promise<CompactionReport> {
    check.checkObject(options, 'options')
    check.checkOptions(options, names.COMPACT)
    const { before, retain = 0, acrossGaps = false, withoutCheckpoint = false, signal } = options
    check.checkBound(before, 'options.before')
    check.checkInteger(retain, 'options.retain', 0, Number.MAX_SAFE_INTEGER)
    check.checkOptionalBoolean(options.acrossGaps, 'options.acrossGaps')
    check.checkOptionalBoolean(options.withoutCheckpoint, 'options.withoutCheckpoint')
    const { life, writes, strongest, space } = this.#parts
    return life.run('compact', 'write', signal, async () => {
      const { judged } = writes
      // Whether a checkpoint is readable takes reading it; the judging itself happens in one turn after that.
      const moves = before - retain > judged.point
      const checkpoint = moves && !withoutCheckpoint ? await this.#health.newestReadable(signal) : undefined
      signal?.throwIfAborted()
      life.checkPoison('compact')
      const point = judgeCompaction(
        { before, retain, acrossGaps, withoutCheckpoint },
        this.#state(checkpoint?.slot),
      )
      if (point instanceof PersistentLogError) throw point
      const removed =
        judged.decided.countIn(0, point) +
        judged.accepted.countIn(0, point) +
        judged.damaged.countIn(0, point)
      if (point > judged.point) {
        const shown = writes.write(
          'compact',
          [{ kind: 'compact', before: point, ballot: ballotBelow(point, writes) }],
          strongest,
          'log',
        )
        space.wake()
        await shown
      } else {
        await writes.write('compact', [], strongest, 'log')
      }
      await this.#parts.reclaim('compact')
      return { compactedBefore: point, removed }
    })
  }

  #state(checkpoint: Slot | undefined) {
    const { judged } = this.#parts.writes
    let firstUndecided = judged.contiguousTo
    while (judged.damaged.has(firstUndecided)) {
      firstUndecided = judged.decided.firstMissingFrom(judged.damaged.firstMissingFrom(firstUndecided))
    }
    const firstDamaged = judged.damaged.first
    return {
      point: judged.point,
      firstUndecided,
      firstDamaged,
      checkpoint,
    }
  }
}
