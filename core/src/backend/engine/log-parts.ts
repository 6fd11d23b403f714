import type { OpenContext } from '../../contract/backend.js'
import type { Capabilities, Limits } from '../../contract/capabilities.js'
import type { Durability, DurabilityConfig } from '../../contract/persistent-log.js'
import { survivesAtLeast, type Survival } from '../../contract/survival.js'
import { raise } from '../../errors/raise.js'
import { checkSurvival } from '../arguments.js'
import { FlushPacer } from './flush-pacer.js'
import type { LifeCycle } from './life-cycle.js'
import type { LogEngine } from './log-engine.js'
import { Space } from './space.js'
import type { WritePath } from './write-path.js'

/** What the parts of an opened log share. */
export interface LogParts {
  readonly engine: LogEngine
  readonly life: LifeCycle
  readonly writes: WritePath
  readonly space: Space
  readonly durability: Durability
  /** The strongest survival that the backend offers: for promises, configuration, checkpoints, compaction. */
  readonly strongest: Survival
  readonly limits: Limits
  readonly counts: CallCounts
  /** Gives the space below the point back; a failure poisons. */
  readonly reclaim: (operation: string) => Promise<void>
}

/** Calls since open. */
export interface CallCounts {
  accepts: number
  commits: number
  learns: number
  reads: number
  refusals: number
}

/** The survival that a call gets: what it asks for, checked against the capability, or the default. */
export function survivalOf(operation: string, asked: unknown, normal: Survival, offered: Survival): Survival {
  checkSurvival(asked, 'options.survives')
  if (asked === undefined) return normal
  if (!survivesAtLeast(offered, asked)) {
    throw raise.unsupported(operation, `survives ${asked} was asked, at most ${offered} is offered`, {
      field: 'survives',
      value: asked,
    })
  }
  return asked
}

/**
 * What a log gives that is opened so: what the configuration asks for, or all that is offered. More than that is
 * `PLOG_UNSUPPORTED`; a backend asks before it creates anything.
 */
export function durabilityOf(asked: DurabilityConfig, offered: Capabilities['survives']): Durability {
  return {
    accept: survivalOf('open', asked.accept, offered.accept, offered.accept),
    commit: survivalOf('open', asked.commit, offered.commit, offered.commit),
  }
}

interface Sized {
  readonly value?: Uint8Array | undefined
  readonly proof?: Uint8Array | undefined
}

/** The value and the proof of one entry against the limits; returns their bytes. */
export function checkEntry({ value, proof }: Sized, limits: Limits, index?: number): number {
  const valueBytes = value?.length ?? 0
  const proofBytes = proof?.length ?? 0
  if (valueBytes > limits.valueBytes)
    throw raise.tooLarge('value bytes', valueBytes, limits.valueBytes, where(index))
  if (proofBytes > limits.valueBytes)
    throw raise.tooLarge('proof bytes', proofBytes, limits.valueBytes, where(index))
  return valueBytes + proofBytes
}

/** The values and proofs of one call against the limits. */
export function checkSizes(items: readonly Sized[], limits: Limits, batch: boolean): void {
  if (batch && items.length > limits.batchSlots)
    throw raise.tooLarge('slots in the batch', items.length, limits.batchSlots)
  let total = 0
  for (let index = 0; index < items.length; index++) {
    total += checkEntry(items[index]!, limits, batch ? index : undefined)
  }
  if (batch && total > limits.batchBytes) throw raise.tooLarge('bytes in the batch', total, limits.batchBytes)
}

/** Settles what the user asked for against what the engine offers. */
export function logParts(
  engine: LogEngine,
  life: LifeCycle,
  writes: WritePath,
  context: Pick<OpenContext, 'durability' | 'limits' | 'fullWaitMs'>,
): LogParts {
  const durability = durabilityOf(context.durability, engine.capabilities.survives)
  const { strongest } = writes
  const limits = lowerOf(engine.capabilities.limits, context.limits)
  const space = new Space(limits.uncommittedBytes, context.fullWaitMs, () => writes.judged.uncommittedBytes)
  const pace = context.durability.flush ?? 'manual'
  const pacer = new FlushPacer(pace, strongest, () => {
    // A failure poisons the log, and the next write tells.
    if (life.state === 'open') writes.write('flush', [], strongest, 'earlier').catch(() => undefined)
  })
  if (pace !== 'manual') writes.watch((bytes, written) => pacer.wrote(bytes, written))
  life.whenStopped(() => {
    pacer.stop()
    space.refuseAll(() => life.refusal('accept'))
  })
  return {
    engine,
    life,
    writes,
    space,
    durability,
    strongest,
    limits,
    counts: { accepts: 0, commits: 0, learns: 0, reads: 0, refusals: 0 },
    reclaim: async (operation) => {
      try {
        await engine.reclaim()
      } catch (cause) {
        throw life.poison(operation, cause)
      }
    },
  }
}

/**
 * A configuration may lower a limit; one beyond what the engine can hold is refused, or its user would learn of it with the
 * first value that is too large. Frozen: whoever writes into what a log says of itself must not lift its limits.
 */
function lowerOf(offered: Limits, asked: Partial<Limits>): Limits {
  const lower = (field: keyof Limits): number | undefined => {
    const [most, wanted] = [offered[field], asked[field]]
    if (most === undefined || wanted === undefined) return wanted ?? most
    if (wanted <= most) return wanted
    throw raise.unsupported('open', `limits.${field} is ${wanted}, at most ${most} is offered`, {
      field: `limits.${field}`,
      value: wanted,
    })
  }
  return Object.freeze({
    valueBytes: lower('valueBytes')!,
    batchSlots: lower('batchSlots')!,
    batchBytes: lower('batchBytes')!,
    uncommittedBytes: lower('uncommittedBytes'),
  })
}

const where = (index: number | undefined) => (index === undefined ? {} : { index })
