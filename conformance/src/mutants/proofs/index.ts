import { ballotProofs } from './ballots.js'
import { callProofs } from './calls.js'
import { lifeProofs } from './life.js'
import type { Proofs } from './proofs.js'
import { storeProofs } from './stores.js'
import { valueProofs } from './values.js'

/** All of them. */
export const PROOFS: Proofs = {
  ...valueProofs,
  ...ballotProofs,
  ...storeProofs,
  ...callProofs,
  ...lifeProofs,
}
