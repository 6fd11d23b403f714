import { runConformance } from '../run-conformance.js'
import { newTally } from '../running/tally.js'
import type { Suspect } from './suspects.js'

/** Enough for the model to notice what the named cases miss, and for a defect that one state in a hundred shows. */
export const MUTANT_BUDGETS = { modelRuns: 100, kills: 8, crashStates: 1_200 }

/** Where chance has a hand (which states are drawn, how writes were grouped), a defect is looked for so many times. */
const MOST_LOOKS = 4

/** What came of the cases that are after a defect. */
export interface Proof {
  readonly noticedBy: readonly string[]
  /** It was there, and they passed. */
  readonly missedBy: readonly string[]
  /** What the machine lacks, for the cases that did not run. */
  readonly skipped: readonly { readonly case: string; readonly reason: string }[]
}

/** Runs the cases that must notice a broken log; those that do not look again, with other choices. */
export async function prove(suspect: Suspect, seed: number): Promise<Proof> {
  const noticed = new Set<string>()
  let skipped: Proof['skipped'] = []
  const open = (): string[] =>
    suspect.caughtBy.filter((id) => !noticed.has(id) && !skipped.some((one) => one.case === id))
  for (let look = 0; look < MOST_LOOKS && open().length > 0; look++) {
    const found = await notices(suspect, open(), seed + look)
    found.noticed.forEach((id) => noticed.add(id))
    skipped = [...skipped, ...found.skipped]
  }
  return { noticedBy: [...noticed], missedBy: open(), skipped }
}

/** The cases, of those asked for, that fail, or that warn: some have nothing else to say. */
export async function notices(
  { options }: Suspect,
  only: readonly string[] | undefined,
  seed: number,
): Promise<{ readonly noticed: readonly string[]; readonly skipped: Proof['skipped'] }> {
  const tally = newTally()
  const noticed: string[] = []
  let warnings = 0
  const { skipped } = await runConformance({
    ...options,
    only,
    seed,
    budgets: MUTANT_BUDGETS,
    tally,
    onCase: ({ case: id, outcome }) => {
      if (outcome === 'failed' || tally.warnings.length > warnings) noticed.push(id)
      warnings = tally.warnings.length
    },
  })
  return { noticed, skipped: skipped.filter(({ because }) => because === 'machine') }
}
