import process from 'node:process'

/** Where a run writes. */
export interface Terminal {
  /** A line of the result. */
  out(line: string): void
  /** A line about the run. */
  err(line: string): void
  /** Somebody watches: progress may be redrawn in place. */
  readonly isInteractive: boolean
}

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  isInteractive: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
}
