import { performance } from 'node:perf_hooks'
import {
  raise,
  survivesAtLeast,
  type Backend,
  type Capabilities,
  type Limits,
  type OpenContext,
  type RecoveryReport,
} from '@persistent-log/core'
import { attachServed } from '@persistent-log/core/backend'
import { Model } from '../model/model.js'
import { newState, type ModelState } from '../model/model-state.js'
import { ReferenceDisk } from './disk.js'
import { ReferenceCore } from './reference-core.js'
import { ReferenceLog } from './reference-log.js'

const SURVIVES = 'process-crash'
const LIMITS: Limits = { valueBytes: 2 ** 24, batchSlots: 16_384, batchBytes: 2 ** 25 }

/** The classes that a reference log is made of. A mutant replaces one of them. */
export interface ReferenceParts {
  readonly Model: typeof Model
  readonly Disk: typeof ReferenceDisk
  readonly Core: typeof ReferenceCore
  readonly Log: typeof ReferenceLog
  /** Throws when a default is more than what is on offer. */
  readonly judgeDurability: (durability: OpenContext['durability']) => void
  /** Throws when a limit is more than what is on offer. */
  readonly judgeLimits: (limits: OpenContext['limits']) => void
}

/** The parts of the log that is right. */
export const REFERENCE_PARTS: ReferenceParts = {
  Model,
  Disk: ReferenceDisk,
  Core: ReferenceCore,
  Log: ReferenceLog,
  judgeDurability({ accept, commit }) {
    for (const wanted of [accept, commit]) {
      if (wanted !== undefined && !survivesAtLeast(SURVIVES, wanted))
        throw raise.unsupported('open', `survives ${wanted}`)
    }
  },
  judgeLimits({ valueBytes = 0, batchSlots = 0, batchBytes = 0 }) {
    if (valueBytes > LIMITS.valueBytes) throw raise.unsupported('open', `valueBytes ${valueBytes}`)
    if (batchSlots > LIMITS.batchSlots) throw raise.unsupported('open', `batchSlots ${batchSlots}`)
    if (batchBytes > LIMITS.batchBytes) throw raise.unsupported('open', `batchBytes ${batchBytes}`)
  },
}

function capabilitiesFor({ limits }: OpenContext, judge: ReferenceParts['judgeLimits']): Capabilities {
  judge(limits)
  const capabilities: Capabilities = {
    survives: { accept: SURVIVES, commit: SURVIVES },
    openBy: 'many-threads',
    atomicBatches: true,
    locatesCorruption: false,
    syncReads: false,
    borrowedReads: true,
    syncWrites: SURVIVES,
    limits: Object.freeze({
      valueBytes: Math.min(LIMITS.valueBytes, limits.valueBytes ?? Infinity),
      batchSlots: Math.min(LIMITS.batchSlots, limits.batchSlots ?? Infinity),
      batchBytes: Math.min(LIMITS.batchBytes, limits.batchBytes ?? Infinity),
      uncommittedBytes: limits.uncommittedBytes,
    }),
  }
  return Object.freeze(capabilities)
}

/** A backend made of the given parts. */
export function referenceBackend(name: string, parts: ReferenceParts = REFERENCE_PARTS): Backend {
  return {
    name,
    summary: 'The conformance kit examined by itself',
    needsDirectory: true,
    options: { safeParse: () => ({ success: true, data: {} }) },
    attach: attachServed,
    async open(context) {
      const startedMs = performance.now()
      if (context.directory === undefined) throw new TypeError('directory must be a path')
      parts.judgeDurability(context.durability)
      const capabilities = capabilitiesFor(context, parts.judgeLimits)
      const disk = new parts.Disk(context.directory)
      const stored = disk.load()
      const state = stored?.state ?? newState(context.firstSlot)
      if (!stored) disk.saveNow(state)
      const core = new parts.Core(new parts.Model(state), disk, context, capabilities)
      return new parts.Log(name, core, recoveryOf(state, stored, startedMs))
    },
  }
}

function recoveryOf(
  state: ModelState,
  stored: { clean: boolean } | undefined,
  startedMs: number,
): RecoveryReport {
  const decisions = [...state.slots.values()].filter(({ decided }) => decided).length
  return {
    created: stored === undefined,
    cleanClose: stored?.clean ?? true,
    decisions,
    accepted: state.slots.size - decisions,
    tornBytes: 0,
    ambiguous: false,
    damaged: [],
    votesLost: false,
    tookMs: performance.now() - startedMs,
  }
}
