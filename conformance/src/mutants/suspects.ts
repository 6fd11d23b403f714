import type { ConformanceOptions } from '../run-conformance.js'
import { tierOf } from '../running/selection.js'
import { ALL_TIERS, type Tier } from '../running/tiers.js'
import { allCases } from '../suites/index.js'
import { allMutants } from './all-mutants.js'
import { PROOFS } from './proofs/index.js'
import { TOY_BACKEND, TOY_MUTANTS } from './toy/toy-mutants.js'

/** A broken log, and the cases that must notice it. */
export interface Suspect {
  readonly name: string
  readonly defect: string
  readonly caughtBy: readonly string[]
  readonly options: ConformanceOptions
}

const MUTANT = new URL('./mutant-backend.js', import.meta.url)

/** Every broken log. */
export const suspects: readonly Suspect[] = [
  ...allMutants.map(({ name, defect }) => ({
    name,
    defect,
    caughtBy: caughtByOf(name),
    options: { backend: MUTANT, config: () => ({ options: { mutant: { name } } }), withoutChildren: true },
  })),
  ...TOY_MUTANTS.map(({ name, what, caughtBy, state }) => ({
    name,
    defect: what,
    caughtBy,
    options: {
      backend: TOY_BACKEND,
      config: () => ({ options: { toy: { defect: name } } }),
      tiers: tiersOf(caughtBy),
      state,
    },
  })),
]

/** The cases that are after the defect of a broken reference log. */
function caughtByOf(name: string): readonly string[] {
  return Object.keys(PROOFS).filter((id) => PROOFS[id]?.includes(name))
}

/** The tiers of some cases. */
function tiersOf(ids: readonly string[]): readonly Tier[] {
  const tiers = new Set(allCases.filter(({ id }) => ids.includes(id)).map(tierOf))
  return ALL_TIERS.filter((tier) => tiers.has(tier))
}

/** The cases that no broken log is for: they prove nothing yet. */
export function unprovenCases(): readonly string[] {
  const proven = new Set(suspects.flatMap(({ caughtBy }) => caughtBy))
  return allCases.map(({ id }) => id).filter((id) => !proven.has(id))
}
