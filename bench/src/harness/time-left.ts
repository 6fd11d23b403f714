import type { CellAccount } from './cell-account.js'

/**
 * How long a run will probably still take: each cell its own last time, a cell that was not run yet the mean of the others
 * (million entries are filled in some cells and none in others, so that an average over everything says little).
 */
export function timeLeftMs(accounts: readonly CellAccount[]): number {
  const known = accounts.map(({ tookMs }) => tookMs).filter((tookMs) => tookMs !== undefined)
  const usual = known.length === 0 ? FIRST_GUESS_MS : known.reduce((sum, ms) => sum + ms, 0) / known.length
  let left = 0
  for (const account of accounts) {
    if (account.isSettled) continue
    left += (account.rounds - account.roundsDone) * (account.tookMs ?? usual)
  }
  return left
}

const FIRST_GUESS_MS = 1_000
