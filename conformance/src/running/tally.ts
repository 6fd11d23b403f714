/** What the cases of a run count beside passing and failing. Cases only add. */
export interface Tally {
  /** Child processes that were killed. */
  kills: number
  /** Acknowledged writes that were found after a kill, and those that were not. */
  ackedVerified: number
  ackedLost: number
  /** Random histories that agreed with the model. */
  modelRuns: number
}

/** A tally of nothing. */
export function newTally(): Tally {
  return { kills: 0, ackedVerified: 0, ackedLost: 0, modelRuns: 0 }
}
