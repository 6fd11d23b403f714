import { EMPTY_SUMMARY, type GroupHeader, type GroupSummary } from './group.js'

/** What the next group's frame repeats about what is before it. */
export interface Chain {
  readonly sequence: number
  readonly previous: GroupSummary
  readonly previousChecksum: number
  /** No slot at or behind it was ever written about. */
  readonly writtenTo: number
}

/** Before the first group of a log. */
export const FIRST_CHAIN: Chain = { sequence: 1, previous: EMPTY_SUMMARY, previousChecksum: 0, writtenTo: 0 }

/** Behind a group. */
export function chainBehind(group: GroupHeader): Chain {
  const { sequence, records, kinds, lowest, end, checksum, writtenBefore } = group
  return {
    sequence: sequence + 1,
    previous: { records, kinds, lowest, end },
    previousChecksum: checksum,
    writtenTo: Math.max(writtenBefore, end),
  }
}
