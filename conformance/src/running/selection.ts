import { whyNotHere, type Facility, type Host } from '../host/host.js'
import type { Case } from '../suites/case.js'
import { invalid } from './check.js'
import { checkOnly, isMeant } from './only.js'
import type { TargetFacts } from './target.js'
import type { Tier, TierChoice } from './tiers.js'

/** A case that does not run, and why. A skip is never a pass. */
export interface LeftOut {
  readonly case: string
  readonly tier: Tier
  readonly reason: string
  /** `log`: its capabilities rule the case out. `machine`: it could run elsewhere. `waiver`: the caller does without. */
  readonly because: 'log' | 'machine' | 'waiver'
}

/** The cases that apply to a log and can run here, and those that do not. */
export interface Selection {
  readonly chosen: readonly Case[]
  readonly leftOut: readonly LeftOut[]
}

/** What decides about a case. */
export interface SelectionRules extends Pick<TargetFacts, 'capabilities' | 'files'> {
  /** Categories or ids, each of which means a case; absent: all. */
  readonly only?: readonly string[] | undefined
  /** Reasons, by id, to do without a case that would fail. */
  readonly waivers?: Readonly<Record<string, string>> | undefined
  readonly tiers: TierChoice['tiers']
  readonly host: Host
}

/** The tier of a case. */
export const tierOf = ({ tier = 1 }: Pick<Case, 'tier'>): Tier => tier

/** What a crash leaves behind on a file system in memory proves nothing. */
const facilitiesOf = ({ spawns, facilities = [] }: Case): readonly Facility[] =>
  spawns === true ? ['disk', ...facilities] : facilities

/**
 * Chooses by tier, by the names that the caller asked for, by capability and the files that a log keeps, and by what the
 * machine offers. Ids must be unique.
 */
export function select(
  cases: readonly Case[],
  { capabilities, files, only, waivers = {}, tiers, host }: SelectionRules,
): Selection {
  const seen = new Set<string>()
  for (const { id } of cases) {
    if (seen.has(id)) throw new TypeError(`two cases are called ${id}`)
    seen.add(id)
  }
  const unknown = Object.keys(waivers).find((id) => !seen.has(id))
  if (unknown !== undefined) {
    throw invalid(`waivers.${unknown}`, 'must be named for a case: none has this id', waivers[unknown])
  }
  checkOnly(only, cases, tiers)
  const wanted = cases.filter(
    (item) =>
      tiers.includes(tierOf(item)) && (only === undefined || only.some((name) => isMeant(item.id, name))),
  )
  const chosen: Case[] = []
  const leftOut: LeftOut[] = []
  for (const item of wanted) {
    const tier = tierOf(item)
    const notForIt = item.requires?.(capabilities, files)
    const notHere = whyNotHere(host, tier, facilitiesOf(item))
    if (notForIt !== undefined) leftOut.push({ case: item.id, tier, reason: notForIt, because: 'log' })
    else if (waivers[item.id] !== undefined)
      leftOut.push({ case: item.id, tier, reason: waivers[item.id] ?? '', because: 'waiver' })
    else if (notHere !== undefined) leftOut.push({ case: item.id, tier, reason: notHere, because: 'machine' })
    else chosen.push(item)
  }
  return { chosen, leftOut }
}

/** Leaves out what follows a log that cannot be followed. `why` is asked only when such a case was chosen. */
export async function withoutUnfollowed(
  { chosen, leftOut }: Selection,
  why: () => Promise<string | undefined>,
): Promise<Selection> {
  const reason = chosen.some(({ follows }) => follows === true) ? await why() : undefined
  if (reason === undefined) return { chosen, leftOut }
  const going = chosen.filter(({ follows }) => follows === true)
  return {
    chosen: chosen.filter((item) => !going.includes(item)),
    leftOut: [
      ...leftOut,
      ...going.map((item) => ({ case: item.id, tier: tierOf(item), reason, because: 'log' as const })),
    ],
  }
}
