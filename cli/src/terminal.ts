import process from 'node:process'

/** Where a command writes. */
export interface Terminal {
  /** A line of the result. */
  out(line: string): void
  /** A line about the run: errors, progress. */
  err(line: string): void
  /** Somebody watches: progress may be redrawn in place, and colours help. */
  readonly isInteractive: boolean
}

/** Somebody who has read enough (`plog ... | head`) closes the pipe. The run goes on: for its files, and its exit code. */
const isReadNoMore = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE'

for (const stream of [process.stdout, process.stderr]) {
  let isTold = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (isReadNoMore(error)) return
    process.exitCode = 1
    if (isTold || stream === process.stderr) return
    isTold = true
    process.stderr.write(`what was found could not be written: ${error.message}\n`)
  })
}

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  isInteractive: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
}
