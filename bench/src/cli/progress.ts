import progress from 'cli-progress'
import type { RunProgress } from '../harness/run-cells.js'
import type { Terminal } from './terminal.js'

/** Shows how a run goes on. */
export interface Progress {
  onRound(progress: RunProgress): void
  stop(): void
}

/** A bar with the time left where somebody watches, a line per tenth of the run elsewhere. */
export function showProgress(terminal: Terminal): Progress {
  return terminal.isInteractive ? bar() : lines(terminal)
}

function bar(): Progress {
  const shown = new progress.SingleBar(
    { format: '{bar} {value}/{total} | {left} left | {label}', hideCursor: true },
    progress.Presets.shades_classic,
  )
  let isStarted = false
  return {
    onRound({ done, total, label, leftMs }) {
      const left = formatMinutes(leftMs)
      if (!isStarted) shown.start(total, 0, { label, left })
      isStarted = true
      shown.update(done, { label, left })
    },
    stop() {
      if (isStarted) shown.stop()
    },
  }
}

function lines(terminal: Terminal): Progress {
  let shownTenths = -1
  return {
    onRound({ done, total, label, leftMs }) {
      const tenths = Math.floor((done * 10) / total)
      if (tenths === shownTenths) return
      shownTenths = tenths
      terminal.err(`${done}/${total}, ${formatMinutes(leftMs)} left: ${label}`)
    },
    stop() {},
  }
}

/** A time as minutes and seconds. */
function formatMinutes(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`
}
