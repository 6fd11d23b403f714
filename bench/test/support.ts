import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CellMessage } from '../src/harness/cell-child.js'
import type { CellResult, Round } from '../src/harness/measures.js'
import { runInChild } from '../src/harness/run-in-child.js'

/** The module of a fixture, as a command line names it. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}.js`, import.meta.url))
}

/** Runs `use` with a directory of its own. */
export async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'plog-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A round of a workload on a backend or peer, as short as it can be. */
export function shortRound(
  backend: string,
  workload = 'tiny-learn',
  timeoutMs = 30_000,
): Promise<CellMessage> {
  const workloadFiles = [fixture('tiny-workloads')]
  return inDirectory((directory) =>
    runInChild(
      { backend, workload, workloadFiles, directory, limits: { warmUpMs: 1, measureMs: 1 } },
      timeoutMs,
    ),
  )
}

/** A result whose rounds took these times. */
export function measured(backend: string, workload: string, ns: readonly number[]): CellResult {
  const latency = { p50: 1, p99: 2, max: 3, curve: [[50, 1] as const, [99, 2] as const] }
  const rounds = ns.map((nsPerOperation): Round => ({
    nsPerOperation,
    operations: 1,
    entriesPerOperation: 1,
    latency,
    stallMs: 0,
    rssBytes: 1,
    verified: 1,
  }))
  const [medianNs = 0] = ns
  return { backend, workload, title: workload, outcome: 'measured', rounds, medianNs, spread: 0 }
}

/** The message of what `body` throws; empty when it throws nothing. */
export function messageOf(body: () => unknown): string {
  try {
    body()
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** `it` where nothing is in the way; otherwise a skipped test that says what is. */
export function itUnless(reason: string | undefined): (title: string, body: () => Promise<unknown>) => void {
  return (title, body) => {
    if (reason === undefined) it(title, body)
    else it.skip(`${title} [skip: ${reason}]`, body)
  }
}
