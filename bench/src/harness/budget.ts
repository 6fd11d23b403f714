import type { CellAccount } from './cell-account.js'

/** Takes further rounds from the cells that take longest, until what is left of a round fits into so many ms. */
export function dropLongest(accounts: readonly CellAccount[], round: number, fitsMs: number): void {
  let ms = 0
  for (const account of [...accounts].sort((a, b) => a.expectedMs(round) - b.expectedMs(round))) {
    ms += account.expectedMs(round)
    if (ms > fitsMs) account.endAfter(round)
  }
}
