import type {
  CheckpointInfo,
  InstallCheckpointOptions,
  StoreCheckpointOptions,
} from '../../contract/checkpoint-store.js'
import type { Slot } from '../../contract/slot.js'
import { PersistentLogError, raise } from '../../errors/index.js'
import * as check from '../arguments.js'
import { copyBallot, copyBytes } from '../bytes.js'
import * as names from '../call-names.js'
import { judgeCheckpoint, type CheckpointCall } from '../laws/checkpoint-law.js'
import { ballotBelow } from './ballot-below.js'
import type { CheckpointHealth } from './checkpoint-health.js'
import { discardsOf } from './discarding.js'
import type { Effect, StoredCheckpoint } from './effect.js'
import type { LogParts } from './log-parts.js'

/** Options of both calls; each checks what only the other has. */
export interface PublishOptions extends StoreCheckpointOptions, InstallCheckpointOptions {}

/** A checkpoint on its way, checked and copied. */
export interface Publication {
  readonly kind: CheckpointCall['kind']
  readonly slot: Slot
  readonly acrossGaps: boolean
  readonly discardFrom: Slot | undefined
  readonly signal: AbortSignal | undefined
  /** What its user says about the state. */
  readonly about: Pick<CheckpointInfo, 'ballot' | 'metadata'>
}

/** The arguments of `store` and `install` but the state itself. */
export function publicationOf(
  kind: CheckpointCall['kind'],
  slot: Slot,
  options: PublishOptions = {},
): Publication {
  check.checkBound(slot, 'slot')
  check.checkOptions(options, names.PUBLISH[kind])
  const { ballot, metadata, acrossGaps = false, discardFrom, signal } = options
  if (kind === 'store') check.checkOptionalBoolean(options.acrossGaps, 'options.acrossGaps')
  if (kind === 'install' && discardFrom !== undefined) check.checkBound(discardFrom, 'options.discardFrom')
  if (ballot !== undefined) check.checkBallot(ballot, 'options.ballot')
  check.checkOptionalBytes(metadata, 'options.metadata')
  const metadataBytes = metadata?.byteLength ?? 0
  if (metadataBytes > check.MAX_METADATA_BYTES) {
    throw raise.tooLarge('options.metadata bytes', metadataBytes, check.MAX_METADATA_BYTES)
  }
  const about = { ballot: ballot && copyBallot(ballot), metadata: metadata && copyBytes(metadata) }
  return { kind, slot, acrossGaps, discardFrom, signal, about }
}

/** Gives a state that is durable already its name: the commit point of a checkpoint, whatever its state is made of. */
export class CheckpointNaming {
  readonly #parts: LogParts
  readonly #health: CheckpointHealth

  constructor(parts: LogParts, health: CheckpointHealth) {
    this.#parts = parts
    this.#health = health
  }

  /** Refuses early, before a state is read that nobody would take. */
  judge(call: CheckpointCall & Pick<Publication, 'discardFrom'>): 'store' | 'no-op' {
    const { judged } = this.#parts.writes
    const { discardFrom } = call
    if (discardFrom !== undefined && discardFrom < judged.point)
      throw raise.compacted(discardFrom, judged.point)
    const [damaged] = judged.damaged.ranges()
    const newest = this.#newest()
    const state = { point: judged.point, contiguousTo: judged.contiguousTo, newest, damaged }
    const verdict = judgeCheckpoint(call, state)
    if (verdict instanceof PersistentLogError) throw verdict
    return verdict
  }

  /** Judged again, because the log went on while the state was written. */
  async name(publication: Publication, checkpoint: StoredCheckpoint): Promise<CheckpointInfo> {
    const { kind, slot, discardFrom, signal } = publication
    const { life, writes, space, strongest } = this.#parts
    const operation = `checkpoints.${kind}`
    const checkMayGoOn = (): void => {
      signal?.throwIfAborted()
      life.checkPoison(operation)
    }
    let isNew: boolean
    try {
      checkMayGoOn()
      // The decisions below it may have asked for less than it does: none of them may go where it stays.
      if (kind === 'store') await writes.write(operation, [], strongest, 'earlier')
      // What stands there is an answer, and the new state superfluous, only if it can be read.
      const newest = this.#newest()
      if (newest?.slot === slot) await this.#health.isReadable(newest, signal)
      checkMayGoOn()
      isNew = this.judge({ ...publication, content: checkpoint }) === 'store'
    } catch (error) {
      // The refusal is the one to tell; a blob that nobody named goes at the next open.
      await this.#health.abandon(checkpoint)
      throw error
    }
    const stored = isNew ? checkpoint : this.#newest()!
    // A readable one at this slot would have been an answer: what stands there is damaged, and makes room.
    const superfluous = isNew ? writes.judged.checkpoints.filter((one) => one.slot === slot) : [checkpoint]
    const effects: Effect[] = []
    if (isNew) {
      effects.push(...superfluous.map(({ slot, blob }): Effect => ({ kind: 'drop-checkpoint', slot, blob })))
      effects.push({ kind: 'checkpoint', checkpoint })
    }
    if (kind === 'install') {
      // The same state may be stored here without its ballot; who ships it knows.
      const ballot = checkpoint.ballot ?? stored.ballot
      effects.push(...this.#installEffects({ ...stored, ballot }, discardFrom))
    }
    const shown = writes.write(operation, effects, strongest, 'log')
    space.wake()
    await shown
    if (isNew) this.#health.wasWritten(checkpoint)
    for (const one of superfluous) await this.#health.remove(one)
    if (effects.some((effect) => effect.kind === 'compact')) await this.#parts.reclaim(operation)
    return publicInfo(stored)
  }

  /** The newest one that is not known to be damaged, effects under way included. */
  #newest(): StoredCheckpoint | undefined {
    return this.#parts.writes.judged.checkpoints.findLast((one) => !this.#health.isDamaged(one))
  }

  #installEffects({ slot, ballot }: StoredCheckpoint, discardFrom: Slot | undefined): Effect[] {
    const { writes } = this.#parts
    const { judged } = writes
    const effects: Effect[] = []
    if (slot > judged.point) {
      effects.push({ kind: 'compact', before: slot, ballot: ballot ?? ballotBelow(slot, writes) })
    }
    if (discardFrom !== undefined) effects.push(...discardsOf(judged, discardFrom))
    return effects
  }
}

/** A checkpoint as its user sees it. */
export function publicInfo({
  slot,
  bytes,
  digest,
  parts,
  ballot,
  metadata,
}: StoredCheckpoint): CheckpointInfo {
  const info = { slot, bytes, digest, ballot, metadata: metadata && copyBytes(metadata) }
  return parts === undefined ? info : { ...info, parts }
}
