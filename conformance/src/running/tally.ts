/** What came of damage that was done to files. */
export interface CorruptionTally {
  /** Nothing of what was stored was touched, and all of it was read. */
  ok: number
  /** Refused or reported, with the place of the damage. */
  located: number
  /** What was acknowledged is missing without a word. */
  silent: number
  /** Bytes were returned that nobody had stored. */
  wrong: number
  /** The process died of it. */
  dead: number
}

/** What the cases of a run count beside passing and failing. Cases only add. */
export interface Tally {
  /** Child processes that were killed. */
  kills: number
  /** Real power cuts under a mounted file system. */
  powerCuts: number
  /** Acknowledged writes that were found after a crash, and those that were not. */
  ackedVerified: number
  ackedLost: number
  /** Random histories that agreed with the model. */
  modelRuns: number
  /** States of the disk after a crash, made up from what was written and flushed, that a log was opened over. */
  crashStates: number
  /** Points at which a system call was to fail, and those at which one did. */
  faultsTried: number
  faultsHit: number
  readonly corruption: CorruptionTally
  /** What is no failure and yet should be known. */
  readonly warnings: string[]
}

/** A tally of nothing. */
export function newTally(): Tally {
  return {
    kills: 0,
    powerCuts: 0,
    ackedVerified: 0,
    ackedLost: 0,
    modelRuns: 0,
    crashStates: 0,
    faultsTried: 0,
    faultsHit: 0,
    corruption: { ok: 0, located: 0, silent: 0, wrong: 0, dead: 0 },
    warnings: [],
  }
}
