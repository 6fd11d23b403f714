import type { Case } from '../suites/case.js'
import type { TargetFacts } from './target.js'

/** A case that does not apply, and why. */
export interface LeftOut {
  readonly case: string
  readonly reason: string
}

/** The cases that apply to a log, and those that do not. */
export interface Selection {
  readonly chosen: readonly Case[]
  readonly leftOut: readonly LeftOut[]
}

/** True when the id is meant: `ballot`, `ballot.lower-rejected`, or a part of it that ends in `*`. */
function isMeant(id: string, wanted: string): boolean {
  if (wanted.endsWith('*')) return id.startsWith(wanted.slice(0, -1))
  return id === wanted || id.startsWith(`${wanted}.`)
}

/** Chooses by capability, by the files that a log keeps, and by the names that the caller asked for. Ids must be unique. */
export function select(
  cases: readonly Case[],
  { capabilities, files }: Pick<TargetFacts, 'capabilities' | 'files'>,
  only: readonly string[] | undefined,
): Selection {
  const seen = new Set<string>()
  for (const { id } of cases) {
    if (seen.has(id)) throw new TypeError(`two cases are called ${id}`)
    seen.add(id)
  }
  const wanted = cases.filter(({ id }) => only === undefined || only.some((name) => isMeant(id, name)))
  const chosen: Case[] = []
  const leftOut: LeftOut[] = []
  for (const item of wanted) {
    const reason = item.requires?.(capabilities, files)
    if (reason === undefined) chosen.push(item)
    else leftOut.push({ case: item.id, reason })
  }
  return { chosen, leftOut }
}
