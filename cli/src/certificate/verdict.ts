import type { ConformanceReport, Tier } from '@persistent-log/conformance'

/** What a run amounts to. */
export interface Verdict {
  readonly tone: 'good' | 'warn' | 'bad'
  readonly word: string
  readonly sentence: string
  /** The highest tier up to which every tier was run whole and passed; absent: none. */
  readonly tier: Tier | undefined
}

/**
 * A tier counts when something in it passed, nothing failed, was waived or proved nothing, and this machine lacked nothing for
 * it.
 */
function reachedTier({ tiers, unproven, skipped }: ConformanceReport): Tier | undefined {
  let reached: Tier | undefined
  for (const { tier, passed, failed, missing } of tiers) {
    const isNext = tier === (reached ?? 0) + 1
    const isWaived = skipped.some((one) => one.tier === tier && one.because === 'waiver')
    const isUnproven = unproven.some((one) => one.tier === tier)
    if (!isNext || isWaived || isUnproven || passed === 0 || failed > 0 || missing.length > 0) break
    reached = tier
  }
  return reached
}

/** Judges a report. Only a run of all cases of a tier reaches it: `isWhole` says whether the caller chose some. */
export function verdictOf(report: ConformanceReport, isWhole: boolean): Verdict {
  const { failed, ackedWrites, unproven, passed } = report
  if (failed > 0 || ackedWrites.lost > 0) {
    const lost = ackedWrites.lost > 0 ? `, and ${ackedWrites.lost} acknowledged writes were lost` : ''
    const sentence = `${failed} of ${passed + failed} cases failed${lost}.`
    return { tone: 'bad', word: 'Failed', sentence, tier: undefined }
  }
  const tier = isWhole ? reachedTier(report) : undefined
  if (tier !== undefined) {
    const sentence = `the Persistent Log conformance kit, tier ${tier}: ${passed} cases, none failed.`
    return { tone: 'good', word: 'Passes', sentence, tier }
  }
  const why = isWhole
    ? unproven.length > 0
      ? 'some of it proved nothing'
      : 'not all of it could be run here'
    : 'a choice of cases'
  return { tone: 'warn', word: 'Incomplete', sentence: `${passed} cases passed, none failed; ${why}.`, tier }
}
