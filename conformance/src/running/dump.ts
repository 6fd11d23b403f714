import type {
  Ballot,
  CheckpointInfo,
  DecisionScan,
  LogBounds,
  LogEntry,
  PersistentLog,
} from '@persistent-log/core'
import { hex } from './values.js'

/** One entry as text: `3 decided 2.1 76616c7565 (proof)`. */
export function shownEntry(entry: LogEntry): string {
  const proof = entry.proof === undefined ? '' : ` (${hex(entry.proof)})`
  return `${entry.slot} ${entry.status} ${entry.ballot.round}.${entry.ballot.nodeId} ${hex(entry.value)}${proof}`
}

/** All that a log shows, comparable with `deep.equal`. */
export interface Dump {
  readonly bounds: LogBounds
  readonly promised: Ballot | undefined
  readonly entries: readonly string[]
  readonly checkpoints: readonly string[]
}

/** All entries of a scan. */
export async function collect(scan: DecisionScan): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for await (const entry of scan) entries.push(entry)
  return entries
}

/** The slots of a scan. */
export async function slotsOf(scan: DecisionScan): Promise<number[]> {
  return (await collect(scan)).map(({ slot }) => slot)
}

const withoutAbsent = <T extends object>(facts: T): T =>
  Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)) as T

const shownCheckpoint = ({ slot, bytes, digest, ballot, metadata }: CheckpointInfo): string =>
  `${slot} ${bytes} ${digest} ${ballot ? `${ballot.round}.${ballot.nodeId}` : '-'} ${metadata ? hex(metadata) : '-'}`

/** Reads everything but the configuration, whose names only the caller knows. */
export async function dump(log: PersistentLog): Promise<Dump> {
  const entries = await collect(log.decisions({}, { includeAccepted: true }))
  const checkpoints = await log.checkpoints.list()
  return {
    bounds: withoutAbsent(log.bounds()),
    promised: log.promised(),
    entries: entries.map(shownEntry),
    checkpoints: checkpoints.map(shownCheckpoint),
  }
}
