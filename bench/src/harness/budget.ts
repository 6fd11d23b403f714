import type { CellAccount } from './cell-account.js'

/** Every cell gets so many where there is time, before any cell gets more. */
const ROUNDS_FOR_ALL = 3

/** Among how many further rounds the time that is left is divided, behind so many. */
export function roundsAhead(done: number, rounds: number): number {
  const goal = done < ROUNDS_FOR_ALL ? Math.min(ROUNDS_FOR_ALL, rounds) : rounds
  return Math.max(1, goal - done)
}

/**
 * Takes further rounds from the cells that take longest, those that a promise rests on last, until what is left of a round
 * fits into so many ms.
 */
export function dropLongest(accounts: readonly CellAccount[], round: number, fitsMs: number): void {
  let ms = 0
  const keptLonger = (a: CellAccount, b: CellAccount): number =>
    Number(b.cell.isPromised ?? false) - Number(a.cell.isPromised ?? false) ||
    a.expectedMs(round) - b.expectedMs(round)
  for (const account of [...accounts].sort(keptLonger)) {
    ms += account.expectedMs(round)
    if (ms > fitsMs) account.endAfter(round)
  }
}
