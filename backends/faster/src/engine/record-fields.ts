import { copyBytes, type Effect, type Ledger, type StoredCheckpoint } from '@persistent-log/core/backend'
import { RECORD, type RecordFields, type StoredRecord } from '../segments/record.js'
import type { InternalEffect, StoredEffect } from './stored-effect.js'

/** Effects that are one record each, whatever the state. */
type PlainEffect = Exclude<StoredEffect, { kind: 'relocate' | 'restate' | 'evict' | 'commit-held' }>

/** The record of an effect. A `decide` becomes a whole decision; marks are made where the proposal is known. */
export function fieldsOf(effect: PlainEffect): RecordFields {
  switch (effect.kind) {
    case 'accept':
    case 'decide': {
      const { slot, ballot, value, proof } = effect
      return { kind: RECORD[effect.kind], a: slot, b: ballot.round, c: ballot.nodeId, value, proof }
    }
    case 'discard':
      return { kind: RECORD.discard, a: effect.from, b: effect.to }
    case 'promise':
      return { kind: RECORD.promise, b: effect.ballot.round, c: effect.ballot.nodeId }
    case 'compact': {
      const { before, ballot } = effect
      return {
        kind: RECORD.compact,
        a: before,
        b: ballot?.round,
        c: ballot?.nodeId,
        hasBallot: ballot !== undefined,
      }
    }
    case 'configure':
      return {
        kind: RECORD.configure,
        a: effect.version,
        value: effect.value,
        proof: Buffer.from(effect.name),
      }
    case 'checkpoint':
      return {
        kind: RECORD.checkpoint,
        a: effect.checkpoint.slot,
        value: encodeCheckpoint(effect.checkpoint),
      }
    case 'drop-checkpoint':
      return { kind: RECORD.dropCheckpoint, a: effect.slot, value: Buffer.from(effect.blob) }
    case 'accept-lost-votes':
      return { kind: RECORD.acceptLostVotes }
    case 'votes-lost':
      return { kind: RECORD.votesLost }
    case 'weak-begin':
      return { kind: RECORD.weakBegin }
    case 'weak-end':
      return { kind: RECORD.weakEnd }
    case 'retire':
      return { kind: RECORD.retire, a: effect.before }
    case 'close':
      return { kind: RECORD.close }
  }
}

/** The effect of an intact record. A mark says which proposal it decides: that one is handed in, or it is no effect. */
export function effectOf(
  record: StoredRecord,
  marked: StoredRecord | undefined,
): Effect | InternalEffect | undefined {
  const { kind, a, b, c, value, proof } = record
  const ballot = { round: b, nodeId: c }
  switch (kind) {
    case RECORD.accept:
      return { kind: 'accept', slot: a, ballot, value, proof }
    case RECORD.decide:
      return { kind: 'decide', slot: a, ballot, value, proof, matchesAccepted: false }
    case RECORD.mark: {
      if (!marked) return undefined
      return {
        kind: 'decide',
        slot: a,
        ballot,
        value: marked.value,
        proof: marked.proof,
        matchesAccepted: true,
      }
    }
    case RECORD.discard:
      return { kind: 'discard', from: a, to: b }
    case RECORD.promise:
      return { kind: 'promise', ballot }
    case RECORD.compact:
      return { kind: 'compact', before: a, ballot: record.hasBallot ? ballot : undefined }
    case RECORD.configure:
      return { kind: 'configure', name: (proof ?? '').toString(), version: a, value: copyBytes(value) }
    case RECORD.checkpoint:
      return { kind: 'checkpoint', checkpoint: decodeCheckpoint(value) }
    case RECORD.dropCheckpoint:
      return { kind: 'drop-checkpoint', slot: a, blob: value.toString() }
    case RECORD.votesLost:
      return { kind: 'votes-lost' }
    case RECORD.acceptLostVotes:
      return { kind: 'accept-lost-votes' }
    case RECORD.weakBegin:
      return { kind: 'weak-begin' }
    case RECORD.weakEnd:
      return { kind: 'weak-end' }
    case RECORD.retire:
      return { kind: 'retire', before: a }
    case RECORD.close:
      return { kind: 'close' }
  }
}

/** Records that say once more everything that is no slot, so that older ones may go. */
export function restatement(state: Ledger, weak: boolean): RecordFields[] {
  const effects: PlainEffect[] = [{ kind: 'compact', before: state.point, ballot: state.compactedBallot }]
  if (state.promised) effects.push({ kind: 'promise', ballot: state.promised })
  for (const [name, { version, value }] of state.configurations) {
    effects.push({ kind: 'configure', name, version, value })
  }
  for (const checkpoint of state.checkpoints) effects.push({ kind: 'checkpoint', checkpoint })
  if (state.votesLost) effects.push({ kind: 'votes-lost' })
  if (weak) effects.push({ kind: 'weak-begin' })
  return effects.map(fieldsOf)
}

/** JSON: small, rare, and readable in a dump. */
function encodeCheckpoint({ metadata, ...rest }: StoredCheckpoint): Buffer {
  return Buffer.from(
    JSON.stringify({ ...rest, metadata: metadata && Buffer.from(metadata).toString('base64') }),
  )
}

function decodeCheckpoint(bytes: Buffer): StoredCheckpoint {
  const { metadata, ...rest } = JSON.parse(bytes.toString()) as Omit<StoredCheckpoint, 'metadata'> & {
    metadata?: string
  }
  if (metadata === undefined) return rest
  return { ...rest, metadata: new Uint8Array(Buffer.from(metadata, 'base64')) }
}
