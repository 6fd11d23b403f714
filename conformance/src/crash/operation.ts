import { survivesAtLeast, type PersistentLog, type Survival } from '@persistent-log/core'
import { bytes } from '../running/values.js'

/** A proposal or decision as plain JSON. */
export interface PlainEntry {
  readonly slot: number
  readonly round: number
  readonly nodeId: number
  readonly value: string
  readonly proof?: string
}

/** Names a proposal, as plain JSON. */
export type PlainId = Omit<PlainEntry, 'value'>

/** One call of a workload. Plain JSON: it is sent to the process that makes it. */
export type Operation = (
  | { readonly kind: 'accept' | 'learn'; readonly entry: PlainEntry; readonly survives?: Survival }
  | {
      readonly kind: 'acceptAll'
      readonly entries: readonly PlainEntry[]
      readonly discardFrom?: number
      readonly survives?: Survival
    }
  | { readonly kind: 'learnAll'; readonly entries: readonly PlainEntry[]; readonly survives?: Survival }
  | { readonly kind: 'commit'; readonly id: PlainId; readonly survives?: Survival }
  | { readonly kind: 'commitAll'; readonly ids: readonly PlainId[]; readonly survives?: Survival }
  | { readonly kind: 'promise'; readonly round: number; readonly nodeId: number }
  | { readonly kind: 'discard'; readonly from: number; readonly to?: number; readonly survives?: Survival }
  | {
      readonly kind: 'configure'
      readonly name: ConfigurationName
      readonly version: number
      readonly value: string
    }
  | { readonly kind: 'checkpoint'; readonly slot: number; readonly content: string }
  | { readonly kind: 'compact'; readonly before: number }
  /** `paced`: no call; everything before is flushed in the pace that the log was opened with. */
  | { readonly kind: 'flush'; readonly paced?: boolean }
) & {
  /** Every earlier call is acknowledged before this one is made. */
  readonly alone?: boolean
}

/** The records that workloads store: a log does not list the names of its own. */
export const CONFIGURATION_NAMES = ['hard-state', 'members'] as const

/** One of them. */
export type ConfigurationName = (typeof CONFIGURATION_NAMES)[number]

const plainBallot = ({ round, nodeId }: { round: number; nodeId: number }) => ({ round, nodeId })
const withProof = (proof: string | undefined) => (proof === undefined ? {} : { proof: bytes(proof) })
const asEntry = (entry: PlainEntry) => ({
  slot: entry.slot,
  ballot: plainBallot(entry),
  value: bytes(entry.value),
  ...withProof(entry.proof),
})
const asId = (id: PlainId) => ({ slot: id.slot, ballot: plainBallot(id), ...withProof(id.proof) })

/** True when a power cut may take the call's effect although it was acknowledged. */
export function isWeak(operation: Operation): boolean {
  const survives = 'survives' in operation ? operation.survives : undefined
  return survives !== undefined && !survivesAtLeast(survives, 'power-loss')
}

/** Makes the call. What it must not read before it returns is not awaited: the call itself happens at once. */
export async function perform(log: PersistentLog, operation: Operation): Promise<void> {
  const options = 'survives' in operation ? { survives: operation.survives } : {}
  switch (operation.kind) {
    case 'accept':
      return log.accept(asEntry(operation.entry), options)
    case 'learn':
      return log.learn(asEntry(operation.entry), options)
    case 'acceptAll': {
      const { entries, discardFrom } = operation
      return log.acceptAll(entries.map(asEntry), { ...options, discardFrom })
    }
    case 'learnAll':
      return log.learnAll(operation.entries.map(asEntry), options)
    case 'commit':
      return log.commit(asId(operation.id), options)
    case 'commitAll':
      return log.commitAll(operation.ids.map(asId), options)
    case 'promise':
      return log.promise(plainBallot(operation))
    case 'discard':
      await log.discard({ from: operation.from, to: operation.to }, options)
      return
    case 'configure': {
      const { name, version, value } = operation
      return log.configuration.store(name, { version, value: bytes(value) })
    }
    case 'checkpoint':
      await log.checkpoints.store(operation.slot, bytes(operation.content))
      return
    case 'compact':
      await log.compact({ before: operation.before })
      return
    case 'flush':
      return log.flush()
  }
}
