import type { Case } from '../suites/case.js'
import { invalid } from './check.js'
import { tierOf } from './selection.js'
import type { Tier } from './tiers.js'

/** True when the id is meant: `ballot`, `ballot.lower-rejected`, or a part of it that ends in `*`. */
export function isMeant(id: string, wanted: string): boolean {
  if (wanted.endsWith('*')) return id.startsWith(wanted.slice(0, -1))
  return id === wanted || id.startsWith(`${wanted}.`)
}

/** The part of an id before its first dot. */
const categoryOf = (id: string): string => id.split('.', 1)[0] ?? id

/**
 * Refuses a name that means none of the cases, or none in the tiers that are run: who asked for it would take its silence
 * for a pass.
 */
export function checkOnly(
  only: readonly string[] | undefined,
  cases: readonly Pick<Case, 'id' | 'tier'>[],
  tiers: readonly Tier[],
): void {
  for (const [at, name] of (only ?? []).entries()) {
    const meant = cases.filter(({ id }) => isMeant(id, name))
    if (meant.length === 0) throw invalid(`only.${at}`, `must mean a case: ${whatThereIs(name, cases)}`, name)
    const other = [...new Set(meant.map(tierOf))].sort()
    if (!other.some((tier) => tiers.includes(tier))) {
      const asked = `all that it means is of tier ${other.join(' and ')}, and tier ${tiers.join(' and ')} is run`
      throw invalid(`only.${at}`, `must mean a case that is run: ${asked}`, name)
    }
  }
}

/** The cases of its category, or else the categories. */
function whatThereIs(name: string, cases: readonly Pick<Case, 'id'>[]): string {
  const category = categoryOf(name)
  const near = cases.filter(({ id }) => categoryOf(id) === category).map(({ id }) => id)
  if (near.length > 0) return `${category} has ${near.join(', ')}`
  return `there are the categories ${[...new Set(cases.map(({ id }) => categoryOf(id)))].join(', ')}`
}
