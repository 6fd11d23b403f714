import { invalid, variable } from './check.js'

/**
 * How much a case asks of the machine. 1: nothing but files and processes. 2: strace, which makes single system calls
 * fail. 3: root and loop devices, which file systems are mounted from whose power is cut.
 */
export type Tier = 1 | 2 | 3

/** All of them. */
export const ALL_TIERS: readonly Tier[] = [1, 2, 3]

/** The environment variables that choose tiers, and those that must be able to run, where the caller did not: `1,2`. */
export const TIERS_VARIABLE = 'PLOG_CONFORMANCE_TIERS'
export const REQUIRE_VARIABLE = 'PLOG_CONFORMANCE_REQUIRE'

const isTier = (value: unknown): value is Tier => (ALL_TIERS as readonly unknown[]).includes(value)

function checked(field: string, tiers: readonly unknown[]): readonly Tier[] {
  if (!Array.isArray(tiers)) throw invalid(field, 'must be a list of 1, 2 and 3', tiers)
  for (const tier of tiers) {
    if (!isTier(tier)) throw invalid(field, 'must be a list of 1, 2 and 3', tier)
  }
  return [...new Set(tiers as readonly Tier[])].sort()
}

/** Reads a list like `1,2,3`. */
export function parseTiers(field: string, text: string): readonly Tier[] {
  return checked(
    field,
    text.split(',').map((part) => ALL_TIERS.find((tier) => String(tier) === part.trim()) ?? part),
  )
}

function fromEnvironment(name: string): readonly Tier[] | undefined {
  const text = variable(name)
  return text === undefined ? undefined : parseTiers(name, text)
}

/** What a run was asked for. */
export interface TierChoice {
  readonly tiers: readonly Tier[]
  /** Those that fail instead of being skipped when this machine cannot run them. */
  readonly required: readonly Tier[]
}

/** Resolves a choice: tier 1, and nothing is required, unless somebody says otherwise. */
export function resolveTiers(
  tiers: readonly Tier[] | undefined,
  required: readonly Tier[] | undefined,
): TierChoice {
  const chosen = checked('tiers', tiers === undefined ? (fromEnvironment(TIERS_VARIABLE) ?? [1]) : tiers)
  if (chosen.length === 0) throw invalid('tiers', 'must name at least one of 1, 2 and 3', chosen)
  const asked = required === undefined ? (fromEnvironment(REQUIRE_VARIABLE) ?? []) : required
  const demanded = checked('require', asked)
  // What was required and not asked for would be forgotten without a word.
  return { tiers: checked('tiers', [...chosen, ...demanded]), required: demanded }
}
