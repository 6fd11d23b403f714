import progress from 'cli-progress'
import type { Terminal } from './terminal.js'

/** Shows how a run goes on. */
export interface Progress {
  onRound(done: number, total: number, label: string): void
  stop(): void
}

/** A bar with the time left where somebody watches, a line per tenth of the run elsewhere. */
export function showProgress(terminal: Terminal): Progress {
  return terminal.isInteractive ? bar() : lines(terminal)
}

function bar(): Progress {
  const shown = new progress.SingleBar(
    { format: '{bar} {value}/{total} | {eta_formatted} left | {label}', hideCursor: true, etaBuffer: 50 },
    progress.Presets.shades_classic,
  )
  let isStarted = false
  return {
    onRound(done, total, label) {
      if (!isStarted) shown.start(total, 0, { label })
      isStarted = true
      shown.update(done, { label })
    },
    stop() {
      if (isStarted) shown.stop()
    },
  }
}

function lines(terminal: Terminal): Progress {
  let shownTenths = -1
  return {
    onRound(done, total, label) {
      const tenths = Math.floor((done * 10) / total)
      if (tenths === shownTenths) return
      shownTenths = tenths
      terminal.err(`${done}/${total} ${label}`)
    },
    stop() {},
  }
}
