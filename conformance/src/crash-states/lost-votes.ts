import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { perform, type Operation, type PlainEntry } from '../crash/operation.js'
import type { Oracle } from '../crash/oracle.js'
import type { Interrupted } from '../crash/outcomes.js'
import { isDiscardedBehind } from '../crash/settled-slots.js'
import { reasonOf } from '../running/reason.js'
import { Finding, openAfterCrash } from './finding.js'
import type { Bench } from './messages.js'

/**
 * Proposals that were accepted, below `power-loss`, and that the log has forgotten: their slots hold nothing, or an older one. A
 * decision is worth more than a vote; what a discard may have dropped is not missed.
 */
export function lostVotes({ operations, begun, weak }: Interrupted, state: Oracle): readonly string[] {
  return [...(weak ?? [])].flatMap((at) => {
    const operation = operations[at]
    const mayBeDropped = (slot: number): boolean => isDiscardedBehind(at, slot, operations, begun)
    return entriesAcceptedBy(operation)
      .filter((entry) => entry.slot >= state.point && !mayBeDropped(entry.slot) && !isHeld(entry, state))
      .map(({ slot, round, nodeId }) => `${round}.${nodeId} of slot ${slot}`)
  })
}

function entriesAcceptedBy(operation: Operation | undefined): readonly PlainEntry[] {
  if (operation?.kind === 'accept') return [operation.entry]
  return operation?.kind === 'acceptAll' ? operation.entries : []
}

function isHeld({ slot, round, nodeId }: PlainEntry, state: Oracle): boolean {
  const held = state.slots.get(slot)
  if (held === undefined) return false
  return held.decided || held.round > round || (held.round === round && held.nodeId >= nodeId)
}

/** A ballot that nobody has used. */
function nextBallot({ promised, slots }: Oracle): { readonly round: number; readonly nodeId: number } {
  const rounds = [...slots.values()].map(({ round }) => round)
  return { round: 1 + Math.max(promised?.round ?? 0, ...rounds), nodeId: 0 }
}

/** A log that may have forgotten votes casts none: neither a promise nor an accept, alone or in a batch. */
export async function expectVotesRefused(log: PersistentLog, state: Oracle): Promise<void> {
  const ballot = nextBallot(state)
  const proposal = { slot: state.nextSlot(), ballot, value: Buffer.from('a vote') }
  const calls = {
    promise: () => log.promise(ballot),
    accept: () => log.accept(proposal),
    acceptAll: () => log.acceptAll([proposal]),
  }
  for (const [name, call] of Object.entries(calls)) {
    const refused = await call().then(
      () => 'acknowledged',
      (error: unknown) => (isPersistentLogError(error, 'PLOG_VOTES_LOST') ? undefined : reasonOf(error)),
    )
    if (refused !== undefined)
      throw new Finding(`its votes are lost, and ${name} is not refused by PLOG_VOTES_LOST: ${refused}`)
  }
}

/** Who opens the log with `acceptLostVotes` may vote again. */
export async function expectRegained(bench: Bench, state: Oracle, vote: Operation): Promise<void> {
  const log = await openAfterCrash(bench, 'with acceptLostVotes', { acceptLostVotes: true })
  try {
    const { round, nodeId } = nextBallot(state)
    for (const operation of [vote, { kind: 'promise', round, nodeId } as const]) {
      await perform(log, operation).catch((error: unknown) => {
        throw new Finding(`it casts no vote with acceptLostVotes: ${reasonOf(error)}`)
      })
      state.apply(operation)
    }
  } finally {
    await log.close()
  }
}
