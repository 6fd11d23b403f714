import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs a program; what it said on stderr stands in the error when it fails. */
export async function system(program: string, ...argv: readonly string[]): Promise<void> {
  try {
    await execute(program, argv)
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string }
    throw new Error(`${program} ${argv.join(' ')} failed: ${stderr.trim() || String(cause)}`, { cause })
  }
}
