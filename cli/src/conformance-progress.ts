import type { CaseResult } from '@persistent-log/conformance'
import type { Terminal } from './terminal.js'

/** Shows how a run goes on. */
export interface ConformanceProgress {
  onCase(result: CaseResult): void
  stop(): void
}

/** A bar where somebody watches, a line per case elsewhere. */
export async function conformanceProgress(terminal: Terminal): Promise<ConformanceProgress> {
  return terminal.isInteractive ? bar() : lines(terminal)
}

function lines(terminal: Terminal): ConformanceProgress {
  return {
    onCase({ case: id, title, outcome, tookMs, index, total }) {
      const word = outcome === 'passed' ? 'ok    ' : 'FAILED'
      terminal.err(`${word} ${index + 1}/${total} ${id}: ${title} (${Math.round(tookMs)} ms)`)
    },
    stop() {},
  }
}

async function bar(): Promise<ConformanceProgress> {
  const { default: progress } = await import('cli-progress')
  const format = '{bar} {value}/{total} | {failed} failed | {id}'
  const shown = new progress.SingleBar(
    { format, hideCursor: true, stopOnComplete: false },
    progress.Presets.shades_classic,
  )
  let failed = 0
  let isStarted = false
  return {
    onCase({ case: id, outcome, index, total }) {
      if (outcome === 'failed') failed++
      if (!isStarted) shown.start(total, 0, { failed, id })
      isStarted = true
      shown.update(index + 1, { failed, id })
    },
    stop() {
      if (isStarted) shown.stop()
    },
  }
}
