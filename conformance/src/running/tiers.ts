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
  for (const tier of tiers) {
    if (!isTier(tier)) throw new RangeError(`${field}: ${String(tier)} is no tier; there are 1, 2 and 3`)
  }
  return [...new Set(tiers as readonly Tier[])].sort()
}

/** Reads a list like `1,2,3`. */
export function parseTiers(field: string, text: string): readonly Tier[] {
  return checked(
    field,
    text.split(',').map((part) => (part.trim() === '' ? part : Number(part))),
  )
}

function fromEnvironment(variable: string): readonly Tier[] | undefined {
  const text = process.env[variable]
  return text === undefined || text === '' ? undefined : parseTiers(variable, text)
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
  const chosen = checked('tiers', tiers ?? fromEnvironment(TIERS_VARIABLE) ?? [1])
  if (chosen.length === 0) throw new RangeError('tiers: the list is empty; name at least one of 1, 2 and 3')
  const demanded = checked('require', required ?? fromEnvironment(REQUIRE_VARIABLE) ?? [])
  // What was required and not asked for would be forgotten without a word.
  return { tiers: checked('tiers', [...chosen, ...demanded]), required: demanded }
}
