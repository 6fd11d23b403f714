import type { Ballot } from '../../contract/ballot.js'
import type { CommitId, Proposal } from '../../contract/proposal.js'

/**
 * What is sent of a checked argument: the fields that the owner looks at, be they getters of a class. What else the caller has
 * on it is no business of the owner's, and may be nothing that can be copied.
 */
export const bareBallot = ({ round, nodeId }: Ballot): Ballot => ({ round, nodeId })

/** The same of a proposal or decision. */
export const bareProposal = ({ slot, ballot, value, proof }: Proposal): Proposal => ({
  ...{ slot, value, proof },
  ballot: bareBallot(ballot),
})

/** The same of a commit. */
export const bareCommitId = ({ slot, ballot, proof }: CommitId): CommitId => ({
  ...{ slot, proof },
  ballot: bareBallot(ballot),
})
