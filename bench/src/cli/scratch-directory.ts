import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** A process of a cell may still be writing when everything is removed. */
const RETRIES = 10

/** Runs `use` with a directory below `parent`; it goes when that is over, and when the process is told to end before. */
export async function inScratchDirectory<T>(
  parent: string,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(parent, 'plog-bench-'))
  const removal = { recursive: true, force: true, maxRetries: RETRIES }
  const leave = (signal: NodeJS.Signals): void => {
    forget()
    rmSync(directory, removal)
    // Nobody listens any more: the signal does now what it does by default.
    process.kill(process.pid, signal)
  }
  const forget = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, leave)
  }
  for (const signal of SIGNALS) process.on(signal, leave)
  try {
    return await use(directory)
  } finally {
    forget()
    await rm(directory, removal)
  }
}
