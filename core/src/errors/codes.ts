/**
 * What to do about an error: `never` retry the same call, `later` retry it unchanged, or `ask-first`: read what the log
 * holds now (or reopen it) before deciding.
 */
export type Retry = 'never' | 'later' | 'ask-first'

/** Every code, what it means, and whether a retry makes sense. Codes are stable: they are the public face of a failure. */
export const ERROR_CODES = {
  PLOG_ALREADY_COMMITTED: { retry: 'never', means: 'another value is decided in the slot' },
  PLOG_BALLOT_MISMATCH: {
    retry: 'never',
    means: 'a proposal of another ballot is stored; learn the decision instead',
  },
  PLOG_BALLOT_REUSED: { retry: 'never', means: 'one ballot was used for two values of a slot' },
  PLOG_BUSY: { retry: 'later', means: 'a synchronous write would have to wait' },
  PLOG_CHECKPOINT_AHEAD: { retry: 'later', means: 'the checkpoint lies beyond the contiguous decisions' },
  PLOG_CHECKPOINT_REQUIRED: {
    retry: 'never',
    means: 'no readable checkpoint covers what would go or is gone',
  },
  PLOG_COMPACTED: { retry: 'never', means: 'the slot lies below the compaction point' },
  PLOG_CORRUPTED: { retry: 'never', means: 'stored bytes are not what was written' },
  PLOG_DIGEST_MISMATCH: {
    retry: 'never',
    means: 'a typed value, or a part of a state, does not match its digest',
  },
  PLOG_FENCED: { retry: 'ask-first', means: 'another owner took the log over' },
  PLOG_FULL: { retry: 'later', means: 'no space for accepted entries within the wait' },
  PLOG_GAP: { retry: 'never', means: 'an undecided slot lies in the way' },
  PLOG_INVALID_CONFIG: { retry: 'never', means: 'the configuration is wrong; every field is named' },
  PLOG_IO: { retry: 'ask-first', means: 'the operating system or the engine refused a read or a write' },
  PLOG_LOCKED: { retry: 'later', means: 'somebody has this log open' },
  PLOG_NOT_ACCEPTED: { retry: 'never', means: 'nothing is accepted in the slot' },
  PLOG_NOT_OPEN: { retry: 'never', means: 'the log is closing or closed' },
  PLOG_OUTCOME_UNKNOWN: {
    retry: 'ask-first',
    means: 'a distributed engine did not say whether the write took effect',
  },
  PLOG_PART_MISSING: { retry: 'never', means: 'a part of a state is named whose content is not held here' },
  PLOG_POISONED: { retry: 'ask-first', means: 'a flush failed; reopen the log' },
  PLOG_STALE_BALLOT: { retry: 'never', means: 'a higher ballot was promised or accepted' },
  PLOG_STALE_CHECKPOINT: {
    retry: 'never',
    means: 'a newer checkpoint, or another one at the slot, is stored',
  },
  PLOG_STALE_VERSION: {
    retry: 'never',
    means: 'the configuration version is not greater than the stored one',
  },
  PLOG_TOO_LARGE: { retry: 'never', means: 'a value, proof or batch is over its limit' },
  PLOG_UNKNOWN_BACKEND: { retry: 'never', means: 'no such backend; the known ones are listed' },
  PLOG_UNKNOWN_FORMAT: { retry: 'never', means: 'written in a format that this version does not read' },
  PLOG_UNSUPPORTED: { retry: 'never', means: 'the backend does not offer this' },
  PLOG_VOTES_LOST: { retry: 'never', means: 'votes may be lost: rejoin as a new node with acceptLostVotes' },
  PLOG_WRONG_BACKEND: { retry: 'never', means: 'the directory belongs to a log of another backend' },
} as const satisfies Record<string, { retry: Retry; means: string }>

/** One of the stable codes. */
export type ErrorCode = keyof typeof ERROR_CODES
