import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/program.js'

/** What a command line printed, and how it ended. */
export interface Outcome {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process. */
export async function plog(argv: readonly string[], { isInteractive = false } = {}): Promise<Outcome> {
  const out: string[] = []
  const err: string[] = []
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    isInteractive,
  }
  const exitCode = await run(argv, terminal)
  return { exitCode, out: out.join('\n'), err: err.join('\n') }
}

/** A directory for each test of the suite that calls this, removed after it. */
export function temporaryDirectory(): { readonly path: string } {
  let path = ''
  beforeEach(() => void (path = mkdtempSync(join(tmpdir(), 'plog-'))))
  afterEach(() => rmSync(path, { recursive: true, force: true }))
  return {
    get path() {
      return path
    },
  }
}
