import type { CellAccount } from './cell-account.js'

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
