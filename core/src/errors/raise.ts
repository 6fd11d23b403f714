import type { Ballot } from '../contract/ballot.js'
import { PersistentLogError, type ErrorContext } from './persistent-log-error.js'

const text = (ballot: Ballot | undefined): string => (ballot ? `${ballot.round}.${ballot.nodeId}` : 'none')

interface WithCause {
  cause?: unknown
}

/** Named constructors: one per failure, so that the same failure reads the same wherever it happens. */
export const raise = {
  alreadyCommitted: (slot: number, ballot?: Ballot) =>
    new PersistentLogError('PLOG_ALREADY_COMMITTED', `slot ${slot} is decided with another value`, {
      slot,
      ballot,
    }),
  decisionInTheWay: (slot: number, discardFrom: number) =>
    new PersistentLogError(
      'PLOG_ALREADY_COMMITTED',
      `slot ${slot} is decided and not in the batch; discardFrom ${discardFrom} drops undecided slots only`,
      { slot },
    ),
  backendNotInstalled: (name: string, packageName: string, from: string, known: readonly string[]) =>
    new PersistentLogError(
      'PLOG_UNKNOWN_BACKEND',
      `backend "${name}" is not installed where it was looked for, from ${from} (see relativeTo): npm install ${packageName}; known are ${known.join(', ')}`,
      { field: 'backend', value: name, known },
    ),
  ballotMismatch: (slot: number, ballot: Ballot, stored: Ballot) =>
    new PersistentLogError(
      'PLOG_BALLOT_MISMATCH',
      `slot ${slot} holds a proposal of ballot ${text(stored)}, not ${text(ballot)}`,
      { slot, ballot, stored },
    ),
  ballotReused: (slot: number, ballot: Ballot) =>
    new PersistentLogError(
      'PLOG_BALLOT_REUSED',
      `slot ${slot} holds another value of ballot ${text(ballot)}`,
      {
        slot,
        ballot,
        stored: ballot,
      },
    ),
  busy: (operation: string, reason: string) =>
    new PersistentLogError('PLOG_BUSY', `${operation} would have to wait: ${reason}`, { operation }),
  checkpointAhead: (slot: number, contiguousTo: number) =>
    new PersistentLogError(
      'PLOG_CHECKPOINT_AHEAD',
      `a checkpoint at slot ${slot} lies beyond the contiguous decisions, which end before ${contiguousTo}`,
      { slot, contiguousTo },
    ),
  checkpointRequired: (message: string, context: ErrorContext = {}) =>
    new PersistentLogError('PLOG_CHECKPOINT_REQUIRED', message, context),
  compacted: (slot: number, compactedBefore: number) =>
    new PersistentLogError('PLOG_COMPACTED', `slot ${slot} is gone: the log starts at ${compactedBefore}`, {
      slot,
      compactedBefore,
    }),
  corrupted: (message: string, context: ErrorContext = {}, options: WithCause = {}) =>
    new PersistentLogError('PLOG_CORRUPTED', message, context, options),
  damagedSlot: (slot: number) =>
    new PersistentLogError('PLOG_CORRUPTED', `slot ${slot} is damaged; learn its decision to repair it`, {
      slot,
      slots: { from: slot, to: slot + 1 },
    }),
  digestMismatch: (message: string, context: ErrorContext = {}) =>
    new PersistentLogError('PLOG_DIGEST_MISMATCH', message, context),
  full: (used: number, capacity: number) =>
    new PersistentLogError('PLOG_FULL', `${used} of ${capacity} bytes for undecided entries are in use`, {
      used,
      capacity,
    }),
  gap: (slot: number) =>
    new PersistentLogError('PLOG_GAP', `slot ${slot} is undecided and would be compacted away`, { slot }),
  invalidConfig: (issues: NonNullable<ErrorContext['issues']>, options: WithCause = {}) =>
    new PersistentLogError(
      'PLOG_INVALID_CONFIG',
      issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)).join('; '),
      { issues, field: issues[0]?.path, value: issues[0]?.value },
      options,
    ),
  io: (operation: string, context: ErrorContext = {}, options: WithCause = {}) =>
    new PersistentLogError(
      'PLOG_IO',
      `${operation} failed${options.cause instanceof Error ? `: ${options.cause.message}` : ''}`,
      { ...context, operation },
      options,
    ),
  locked: (directory: string, owner: { pid?: number | undefined; host?: string | undefined } = {}) =>
    new PersistentLogError(
      'PLOG_LOCKED',
      `${directory} is open in ${owner.pid === undefined ? 'another process' : `process ${owner.pid}`}` +
        (owner.host === undefined ? '' : ` on ${owner.host}`),
      { file: directory, ...owner },
    ),
  notAccepted: (slot: number, ballot: Ballot) =>
    new PersistentLogError('PLOG_NOT_ACCEPTED', `nothing is accepted in slot ${slot}`, { slot, ballot }),
  notOpen: (operation: string) =>
    new PersistentLogError('PLOG_NOT_OPEN', `${operation}: the log is closed`, { operation }),
  partMissing: (field: string, digest: string) =>
    new PersistentLogError(
      'PLOG_PART_MISSING',
      `${field}: no part with digest ${digest} is held here; give its content`,
      { field, value: digest },
    ),
  poisoned: (operation: string, cause: unknown) =>
    new PersistentLogError(
      'PLOG_POISONED',
      `${operation} refused: an earlier write or flush failed; reopen the log`,
      { operation },
      { cause },
    ),
  staleBallot: (
    slot: number | undefined,
    ballot: Ballot,
    higher: { stored?: Ballot | undefined; promised?: Ballot | undefined },
  ) =>
    new PersistentLogError(
      'PLOG_STALE_BALLOT',
      `ballot ${text(ballot)} is below ${text(higher.promised ?? higher.stored)}, which was ` +
        (higher.promised ? 'promised' : `accepted in slot ${slot}`),
      { slot, ballot, ...higher },
    ),
  staleCheckpoint: (slot: number, newest: number) =>
    new PersistentLogError(
      'PLOG_STALE_CHECKPOINT',
      slot === newest
        ? `another checkpoint is stored at slot ${slot}`
        : `a checkpoint at slot ${newest} is newer than one at ${slot}`,
      { slot },
    ),
  staleVersion: (field: string, version: number, stored: number) =>
    new PersistentLogError(
      'PLOG_STALE_VERSION',
      version === stored
        ? `${field}: version ${version} is stored with another value`
        : `${field}: version ${version} is not greater than ${stored}`,
      { field, value: version, version: stored },
    ),
  tooLarge: (field: string, value: number, limit: number, context: ErrorContext = {}) =>
    new PersistentLogError('PLOG_TOO_LARGE', `${field} is ${value}; at most ${limit} are allowed`, {
      ...context,
      field,
      value,
      limit,
    }),
  unknownBackend: (
    name: string,
    known: readonly string[],
    looked: { readonly from: string; readonly near?: string | undefined },
  ) =>
    new PersistentLogError(
      'PLOG_UNKNOWN_BACKEND',
      `unknown backend ${JSON.stringify(name)}; known are ${known.join(', ')}, or the name of an installed npm package` +
        (looked.near === undefined ? '' : `; did you mean ${JSON.stringify(looked.near)}?`) +
        `; looked for from ${looked.from} (see relativeTo)`,
      { field: 'backend', value: name, known },
    ),
  unknownFormat: (file: string, version: number, supported: number, oldest = 1) =>
    new PersistentLogError(
      'PLOG_UNKNOWN_FORMAT',
      `${file} has format version ${version}; this software reads ${oldest > 1 ? `${oldest} ` : ''}up to ${supported}`,
      { file, version, limit: supported },
    ),
  unsupported: (operation: string, reason: string, context: ErrorContext = {}) =>
    new PersistentLogError('PLOG_UNSUPPORTED', `${operation}: ${reason}`, { ...context, operation }),
  votesLost: (operation: string) =>
    new PersistentLogError(
      'PLOG_VOTES_LOST',
      `${operation} refused: a promise or an accepted value may be lost; rejoin as a new node with acceptLostVotes`,
      { operation },
    ),
  wrongBackend: (directory: string, found: string, wanted: string) =>
    new PersistentLogError(
      'PLOG_WRONG_BACKEND',
      `${directory} holds a log of backend ${found}, not ${wanted}`,
      {
        file: directory,
        value: wanted,
        known: [found],
      },
    ),
}

/** Adds the place in a batch to an error of a single item. */
export function withIndex(error: unknown, index: number): unknown {
  if (!(error instanceof PersistentLogError)) return error
  const message = error.message.slice(error.code.length + 2)
  return new PersistentLogError(error.code, message, { ...error.context, index }, { cause: error.cause })
}
