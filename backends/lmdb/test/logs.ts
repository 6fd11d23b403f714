import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, type DurabilityConfig } from '@persistent-log/core'
import {
  isPersistentLogError,
  type PersistentLog,
  type PersistentLogError,
} from '@persistent-log/core/backend'
import { backend } from '../src/index.js'

/** A fresh directory for each test of a suite, removed after it. */
export function freshDirectory(): () => string {
  let path = ''
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'plog-'))
  })
  afterEach(() => rm(path, { recursive: true, force: true }))
  return () => path
}

/** Fields of a configuration that a test cares about. */
export interface Fields {
  readonly recovery?: 'strict' | 'salvage'
  readonly firstSlot?: number
  readonly durability?: DurabilityConfig
  readonly options?: Record<string, Record<string, unknown>>
}

/** Opens a log of this backend. */
export const openAt = (directory: string, fields: Fields = {}): Promise<PersistentLog> =>
  openLog({ backend, directory, ...fields })

const BALLOT = { round: 1, nodeId: 1 }

/** The value that `fill` writes into a slot. */
export const valueOf = (slot: number): Uint8Array => new Uint8Array(200 + slot).fill(slot)

/** Decides slots, accepts the next one, and promises, so that there is something of each kind to lose. */
export async function fill(log: PersistentLog, slots: number): Promise<void> {
  for (let slot = 0; slot < slots; slot++) await log.learn({ slot, ballot: BALLOT, value: valueOf(slot) })
  await log.accept({ slot: slots, ballot: BALLOT, value: valueOf(slots) })
  await log.promise({ round: 9, nodeId: 2 })
  await log.configuration.store('members', { version: 1, value: Uint8Array.of(1, 2, 3) })
}

/** Everything that a log shows, as text. */
export async function contentOf(log: PersistentLog): Promise<string> {
  const entries: unknown[] = []
  for await (const { slot, value } of log.decisions({}, { includeAccepted: true })) {
    entries.push([slot, Buffer.from(value).toString('base64')])
  }
  const members = await log.configuration.load('members')
  return JSON.stringify([
    entries,
    log.promised(),
    log.bounds(),
    members && Buffer.from(members.value).toString('hex'),
  ])
}

/** The typed error that a promise must reject with. */
export async function refusal(promise: Promise<PersistentLog | void>): Promise<PersistentLogError> {
  let log: PersistentLog | void
  try {
    log = await promise
  } catch (error) {
    if (isPersistentLogError(error)) return error
    throw error
  }
  await log?.close()
  throw new Error('it was not refused')
}
