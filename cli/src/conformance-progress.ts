import type { CaseResult, Tally } from '@persistent-log/conformance'
import type { Terminal } from './terminal.js'

/** Shows how a run goes on. */
export interface ConformanceProgress {
  onStart(started: Pick<CaseResult, 'case' | 'index' | 'total'>): void
  onCase(result: CaseResult): void
  stop(): void
}

/** A bar where somebody watches, a line per case elsewhere. The bar shows what the tally counts meanwhile. */
export async function conformanceProgress(terminal: Terminal, tally: Tally): Promise<ConformanceProgress> {
  return terminal.isInteractive ? bar(tally) : lines(terminal)
}

const WORDS = { passed: 'ok      ', failed: 'FAILED  ', unproven: 'unproven' } as const

function lines(terminal: Terminal): ConformanceProgress {
  return {
    onStart() {},
    onCase({ case: id, title, outcome, error, tookMs, index, total }) {
      terminal.err(`${WORDS[outcome]} ${index + 1}/${total} ${id}: ${title} (${Math.round(tookMs)} ms)`)
      // The summary has it too, and an hour later.
      if (error instanceof Error) terminal.err(error.message.replaceAll(/^/gm, '         '))
    },
    stop() {},
  }
}

/** How often the counts are shown anew, in ms: a case may count for minutes. */
const REFRESH_MS = 250

/** How many damages were done, whatever came of them. */
export const damagesOf = ({ ok, located, silent, wrong, dead }: Tally['corruption']): number =>
  ok + located + silent + wrong + dead

/** What has been counted so far, without what is still nothing. */
export function liveCounts(tally: Tally): string {
  const damages = damagesOf(tally.corruption)
  const counts: readonly (readonly [number, string])[] = [
    [tally.modelRuns, 'histories'],
    [tally.kills, 'kills'],
    [tally.crashStates, 'crash states'],
    [damages, 'damages'],
    [tally.faultsHit, 'faults'],
    [tally.powerCuts, 'power cuts'],
    [tally.ackedVerified, 'acked'],
    [tally.ackedLost, 'LOST'],
  ]
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ')
}

async function bar(tally: Tally): Promise<ConformanceProgress> {
  const { default: progress } = await import('cli-progress')
  const format = '{bar} {value}/{total} | {failed} failed | {id} | {counts}'
  const shown = new progress.SingleBar(
    { format, hideCursor: true, stopOnComplete: false, barsize: 24 },
    progress.Presets.shades_classic,
  )
  let failed = 0
  let timer: NodeJS.Timeout | undefined
  const refresh = (more: object = {}): void => shown.update({ failed, counts: liveCounts(tally), ...more })
  return {
    onStart({ case: id, index, total }) {
      if (timer === undefined) {
        shown.start(total, 0, { failed, id, counts: '' })
        timer = setInterval(refresh, REFRESH_MS)
      }
      shown.update(index)
      refresh({ id })
    },
    onCase({ outcome, index }) {
      if (outcome === 'failed') failed++
      shown.update(index + 1)
      refresh()
    },
    stop() {
      clearInterval(timer)
      if (timer !== undefined) shown.stop()
    },
  }
}
