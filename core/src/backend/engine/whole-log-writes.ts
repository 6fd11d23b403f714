import type { Ballot } from '../../contract/ballot.js'
import type { CallOptions, DiscardResult, WriteOptions } from '../../contract/decision-log.js'
import type { Slot } from '../../contract/slot.js'
import { PersistentLogError, raise } from '../../errors/index.js'
import * as check from '../arguments.js'
import { copyBallot } from '../bytes.js'
import * as names from '../call-names.js'
import { judgePromise } from '../laws/promise-law.js'
import { discardsOf } from './discarding.js'
import type { Effect } from './effect.js'
import { survivalOf, type LogParts } from './log-parts.js'

/** Promises and discards: ordered against every slot. */
export class WholeLogWrites {
  readonly #parts: LogParts

  constructor(parts: LogParts) {
    this.#parts = parts
  }

  async promise(ballot: Ballot, options?: CallOptions): Promise<void> {
    check.checkBallot(ballot)
    check.checkOptions(options)
    const { life, writes, strongest } = this.#parts
    await life.run('promise', 'write', options?.signal, () => {
      if (writes.judged.votesLost) throw this.#refused(raise.votesLost('promise'))
      const verdict = judgePromise(ballot, writes.judged.promised)
      if (verdict instanceof PersistentLogError) throw this.#refused(verdict)
      const effects: Effect[] = verdict === 'move' ? [{ kind: 'promise', ballot: copyBallot(ballot) }] : []
      return writes.write('promise', effects, strongest, 'log')
    })
  }

  async discard(
    range: { from: Slot; to?: Slot | undefined },
    options?: WriteOptions,
  ): Promise<DiscardResult> {
    check.checkObject(range, 'range')
    check.checkRange(range)
    const { from, to = Number.MAX_SAFE_INTEGER } = range
    check.checkSlot(from, 'range.from')
    check.checkOptions(options, names.WRITE)
    const { life, writes, space, durability, engine } = this.#parts
    const { accept: offered } = engine.capabilities.survives
    const survives = survivalOf('discard', options?.survives, durability.accept, offered)
    return life.run('discard', 'write', options?.signal, async () => {
      const { judged } = writes
      if (from < judged.point) throw this.#refused(raise.compacted(from, judged.point))
      const damaged = judged.damaged.firstFrom(from)
      if (damaged !== undefined && damaged < to) throw this.#refused(raise.damagedSlot(damaged))
      const result = {
        discarded: judged.accepted.countIn(from, to),
        keptCommitted: judged.decided.countIn(from, to),
      }
      const shown = writes.write('discard', discardsOf(judged, from, to), survives, 'log')
      space.wake()
      await shown
      return result
    })
  }

  #refused<E>(error: E): E {
    this.#parts.counts.refusals++
    return error
  }
}
