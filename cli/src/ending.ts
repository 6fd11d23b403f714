import process from 'node:process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { EXIT } from './program.js'

/** The exit code of Node.js where nothing is left that could go on, and the main module still waits. */
const NOTHING_LEFT = 13

let hasEnded = false

/** A backend may end the process, or leave it nothing to wait for: that must not pass for a success. */
export function failUnlessEnded(): void {
  process.on('exit', (code) => {
    if (hasEnded) return
    process.stderr.write('plog: something ended the process before the command had ended\n')
    if (code === EXIT.ok || code === NOTHING_LEFT) process.exitCode = EXIT.failed
  })
}

/**
 * Ends the process when all that was printed has left it, whatever a backend has left behind that keeps it alive. What could
 * not be printed has set an exit code by then.
 */
export async function end(exitCode: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(written))
  // A stream tells of its error behind the answers to its writes.
  await nextTurn()
  hasEnded = true
  if (exitCode !== 0) process.exitCode = exitCode
  process.exit()
}

const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()))
