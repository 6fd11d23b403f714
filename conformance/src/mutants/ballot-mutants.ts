import type { Ballot, CommitId, Decision, Proposal } from '@persistent-log/core'
import type { Verdict } from '../model/model-log.js'
import { sameBytes, type ModelSlot } from '../model/model-state.js'
import { Refusal } from '../model/refusal.js'
import type { Mutant } from './mutant.js'

/** Defects of the ballot law. */
export const ballotMutants: readonly Mutant[] = [
  {
    name: 'lowerBallotOverwrites',
    defect: 'an accept of a lower ballot replaces the stored proposal',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeAccept(proposal: Proposal, held: ModelSlot | undefined): Verdict {
          const lower = held && !held.decided && this.order(proposal.ballot, held.ballot) < 0
          return super.judgeAccept(proposal, lower ? undefined : held)
        }
      },
    }),
  },
  {
    name: 'acceptOverCommitted',
    defect: 'an accept replaces a decision',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeAccept(proposal: Proposal, held: ModelSlot | undefined): Verdict {
          return super.judgeAccept(proposal, held?.decided ? undefined : held)
        }
      },
    }),
  },
  {
    name: 'learnOverCommitted',
    defect: 'a learn of a higher ballot replaces a decision',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeLearn(decision: Decision, held: ModelSlot | undefined): Verdict {
          const higher = held?.decided && this.order(decision.ballot, held.ballot) > 0
          return super.judgeLearn(decision, higher ? undefined : held)
        }
      },
    }),
  },
  {
    name: 'commitIgnoresBallot',
    defect: 'a commit decides whatever is stored',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCommit(id: CommitId, held: ModelSlot | undefined): Verdict {
          return super.judgeCommit({ ...id, ballot: held?.ballot ?? id.ballot }, held)
        }
      },
    }),
  },
  {
    name: 'commitOfNothingAccepted',
    defect: 'a commit of an empty slot is taken for done',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCommit(id: CommitId, held: ModelSlot | undefined): Verdict {
          return held ? super.judgeCommit(id, held) : 'no-op'
        }
      },
    }),
  },
  {
    name: 'lateCommitRefused',
    defect: 'a commit of a decided slot is refused when its ballot is another one',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCommit(id: CommitId, held: ModelSlot | undefined): Verdict {
          if (held && this.order(held.ballot, id.ballot) !== 0) throw new Refusal(['PLOG_BALLOT_MISMATCH'])
          return super.judgeCommit(id, held)
        }
      },
    }),
  },
  {
    name: 'commitDropsProof',
    defect: 'a commit without a proof drops the proof of the proposal',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCommit(id: CommitId, held: ModelSlot | undefined): Verdict {
          return super.judgeCommit(id, held && { ...held, proof: undefined })
        }
      },
    }),
  },
  {
    name: 'commitKeepsOldProof',
    defect: 'a proof given with a commit is ignored',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCommit({ slot, ballot }: CommitId, held: ModelSlot | undefined): Verdict {
          return super.judgeCommit({ slot, ballot }, held)
        }
      },
    }),
  },
  {
    name: 'ballotNodeIgnored',
    defect: 'ballots of one round are taken for equal',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override order(a: Ballot, b: Ballot): number {
          return a.round - b.round
        }
      },
    }),
  },
  {
    name: 'nodeBeforeRound',
    defect: 'ballots are ordered by node first',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override order(a: Ballot, b: Ballot): number {
          return a.nodeId === b.nodeId ? a.round - b.round : a.nodeId - b.nodeId
        }
      },
    }),
  },
  {
    name: 'ballotsAsText',
    defect: 'ballots are ordered as text',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override order(a: Ballot, b: Ballot): number {
          const [left, right] = [`${a.round}.${a.nodeId}`, `${b.round}.${b.nodeId}`]
          return left === right ? 0 : left < right ? -1 : 1
        }
      },
    }),
  },
  {
    name: 'promiseIgnored',
    defect: 'accepts below the promise succeed',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeAccept(proposal: Proposal, held: ModelSlot | undefined): Verdict {
          const state = { ...this.state, promised: undefined }
          return new Model(state).judgeAccept(proposal, held)
        }
      },
    }),
  },
  {
    name: 'promiseMovesDown',
    defect: 'a lower promise replaces a higher one',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override promise(ballot: Ballot): void {
          this.state.promised = { ...ballot }
        }
      },
    }),
  },
  {
    name: 'acceptRaisesPromise',
    defect: 'an accept moves the promise up to its ballot',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override accept(proposal: Proposal): void {
          super.accept(proposal)
          if (!this.state.promised || this.order(proposal.ballot, this.state.promised) > 0)
            this.promise(proposal.ballot)
        }
      },
    }),
  },
  {
    name: 'acceptedRetryBelowPromiseRefused',
    defect: 'the repetition of an accepted proposal is refused when it lies below a later promise',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeAccept(proposal: Proposal, held: ModelSlot | undefined): Verdict {
          const { promised } = this.state
          const below = promised && this.order(proposal.ballot, promised) < 0
          return super.judgeAccept(proposal, below && !held?.decided ? undefined : held)
        }
      },
    }),
  },
  {
    name: 'learnRefusedByPromise',
    defect: 'a decision below the promise is refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeLearn(decision: Decision, held: ModelSlot | undefined): Verdict {
          const { promised } = this.state
          if (promised && this.order(decision.ballot, promised) < 0) throw new Refusal(['PLOG_STALE_BALLOT'])
          return super.judgeLearn(decision, held)
        }
      },
    }),
  },
  {
    name: 'learnRefusedByHigherVote',
    defect: 'a decision below the accepted proposal is refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeLearn(decision: Decision, held: ModelSlot | undefined): Verdict {
          const lower = held && !held.decided && this.order(decision.ballot, held.ballot) < 0
          if (lower) throw new Refusal(['PLOG_STALE_BALLOT'])
          return super.judgeLearn(decision, held)
        }
      },
    }),
  },
  {
    name: 'commitRefusedByPromise',
    defect: 'a commit below the promise is refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCommit(id: CommitId, held: ModelSlot | undefined): Verdict {
          const { promised } = this.state
          if (promised && this.order(id.ballot, promised) < 0) throw new Refusal(['PLOG_STALE_BALLOT'])
          return super.judgeCommit(id, held)
        }
      },
    }),
  },
  {
    name: 'ballotReusedUnnoticed',
    defect: 'another value under the stored ballot is taken for a repetition',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeSameBallot(_value: Uint8Array, _held: ModelSlot, verdict: Verdict): Verdict {
          return verdict
        }
      },
    }),
  },
  {
    name: 'valuesComparedByPrefix',
    defect: 'a value that begins like the stored one is taken for the same',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeDecided(value: Uint8Array, held: ModelSlot): Verdict {
          return super.judgeDecided(value.slice(0, held.value.length), held)
        }
      },
    }),
  },
  {
    name: 'retryOfDecisionIsConflict',
    defect: 'the decided value, learned again, is refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeDecided(): Verdict {
          throw new Refusal(['PLOG_ALREADY_COMMITTED'])
        }
      },
    }),
  },
  {
    name: 'retryMovesBallot',
    defect: 'a decision learned again takes the later ballot',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeLearn(decision: Decision, held: ModelSlot | undefined): Verdict {
          const same = held?.decided && sameBytes(held.value, decision.value)
          return same ? { ...held, ballot: decision.ballot } : super.judgeLearn(decision, held)
        }
      },
    }),
  },
]
