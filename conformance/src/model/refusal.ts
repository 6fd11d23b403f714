import type { ErrorCode } from '@persistent-log/core'

/**
 * The model's no. Where the contract does not say which of two reasons comes first, both codes stand here, and a log may
 * answer either.
 */
export class Refusal extends Error {
  readonly codes: readonly ErrorCode[]
  /** The offender's place in a batch. */
  readonly index: number | undefined

  constructor(codes: readonly ErrorCode[], index?: number) {
    super(codes.join(' or '))
    this.name = 'Refusal'
    this.codes = codes
    this.index = index
  }
}
