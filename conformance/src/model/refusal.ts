import type { ErrorCode } from '@persistent-log/core'

/** What the error must tell beside its code. */
export interface RefusalFacts {
  /** The offender's place in a batch. */
  readonly index?: number
  readonly slot?: number
  readonly contiguousTo?: number
}

/**
 * The model's no. Where the contract does not say which of two reasons comes first, both codes stand here, and a log may
 * answer either.
 */
export class Refusal extends Error {
  readonly codes: readonly ErrorCode[]
  readonly facts: RefusalFacts

  constructor(codes: readonly ErrorCode[], facts: RefusalFacts = {}) {
    super(codes.join(' or '))
    this.name = 'Refusal'
    this.codes = codes
    this.facts = facts
  }
}
