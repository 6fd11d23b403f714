import type { ConformanceReport } from '@persistent-log/conformance'
import { damagesOf } from './conformance-progress.js'

/** The lines about a run: failures, skips, what was counted, and last the totals. */
export function conformanceSummary(report: ConformanceReport): string[] {
  const { backend, capabilities, passed, failed, skipped, unproven, warnings } = report
  const { accept, commit } = capabilities.survives
  return [
    '',
    ...report.failures.flatMap((failure) => [
      `FAILED ${failure.case}: ${failure.title}`,
      ...(failure.stack ?? failure.message).split('\n').map((line) => `       ${line}`),
    ]),
    ...skipped.map(({ case: id, reason, because }) =>
      because === 'machine' ? `SKIPPED ${id}: ${reason}` : `skipped ${id}: ${reason}`,
    ),
    ...unproven.map(({ case: id, reason }) => `unproven ${id}: ${reason}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    `${backend}: accept survives ${accept}, commit survives ${commit}; open by ${capabilities.openBy}`,
    ...counts(report),
    ...report.tiers.map(tierLine),
    `replay with --seed ${report.seeds.run}`,
    `${passed} passed, ${failed} failed, ${skipped.length} skipped`,
  ]
}

function counts({ kills, powerCuts, ackedWrites, modelRuns, ...report }: ConformanceReport): string[] {
  const { crashStates, faults, corruption } = report
  const damages = damagesOf(corruption)
  const lines = [
    `${kills} kills, ${ackedWrites.verified} acknowledged writes verified, ${ackedWrites.lost} lost; ${modelRuns} random histories`,
  ]
  if (crashStates + powerCuts + faults.tried > 0) {
    lines.push(
      `${crashStates} crash states, ${powerCuts} power cuts, ${faults.hit} faults hit of ${faults.tried} tried`,
    )
  }
  if (damages > 0) {
    const { ok, located, silent, wrong, dead } = corruption
    lines.push(
      `${damages} damages: ${ok} harmless, ${located} located, ${silent} silent, ${wrong} wrong, ${dead} dead`,
    )
  }
  return lines
}

function tierLine({ tier, passed, failed, skipped, missing }: ConformanceReport['tiers'][number]): string {
  const line = `tier ${tier}: ${passed} passed, ${failed} failed, ${skipped} skipped`
  return missing.length === 0 ? line : `${line}; cannot run here: ${missing.join('; ')}`
}
