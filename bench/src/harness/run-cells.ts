import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { dropLongest, roundsAhead } from './budget.js'
import { CellAccount } from './cell-account.js'
import type { CellMessage } from './cell-child.js'
import { FilledSubjects } from './filled-subjects.js'
import type { Journal } from './journal.js'
import type { CellResult } from './measures.js'
import { besideEachOther, type Pair } from './neighbours.js'
import type { PlannedCell } from './plan.js'
import { runInChild } from './run-in-child.js'
import { timeLeftMs } from './time-left.js'
import type { TimeLimits } from './timing.js'

/** The next round may take longer than those before it. */
const SAFETY = 1.2

/** Where a run stands. */
export interface RunProgress {
  readonly done: number
  readonly total: number
  /** The cell that is run next. */
  readonly label: string
  readonly leftMs: number
}

/** How a plan is run. */
export interface RunRequest {
  readonly cells: readonly PlannedCell[]
  readonly rounds: number
  readonly limits: TimeLimits
  /** Below it each round gets a directory of its own, which is removed. */
  readonly directory: string
  readonly workloadFiles: readonly string[]
  readonly timeoutMs: number
  /** Cells that take long get fewer rounds, so that the run will probably end within this after the start. */
  readonly budgetMs?: number | undefined
  /** Cells that each round runs one after the other. */
  readonly pairs?: readonly Pair[] | undefined
  /** Rounds that an earlier run has finished already, and where those of this one are kept. */
  readonly journal?: Journal | undefined
  /** Subjects that cannot be opened here, with the reason. */
  readonly unavailable?: ReadonlyMap<string, string> | undefined
  /** A folder for a CPU profile of each round. */
  readonly profiles?: string | undefined
  /** Called before each round of a cell. */
  readonly onRound?: ((progress: RunProgress) => void) | undefined
}

/**
 * Runs all cells once, then all once more, and so on: what drifts on the machine meanwhile hits all of them. Within a
 * round, cells that are held against each other have neighbouring turns. A cell that failed, or that does not apply, is
 * not run again.
 */
export async function runCells(request: RunRequest): Promise<CellResult[]> {
  const { rounds, onRound, budgetMs = Number.POSITIVE_INFINITY, unavailable, pairs = [] } = request
  const accounts = request.cells.map((cell) => new CellAccount(cell, rounds))
  for (const account of accounts) {
    const reason = unavailable?.get(account.cell.backend)
    if (reason !== undefined) account.add({ kind: 'not applicable', reason })
  }
  const turns = besideEachOther(accounts, ({ label }) => label, pairs)
  const total = accounts.reduce((sum, { rounds: own }) => sum + own, 0)
  const filled = new FilledSubjects(request.directory, request.timeoutMs)
  const start = performance.now()
  let done = 0
  for (let round = 0; round < rounds; round++) {
    for (const account of turns) {
      if (round >= account.rounds) continue
      onRound?.({ done, total, label: account.label, leftMs: timeLeftMs(accounts) })
      if (!account.isSettled) await runRound(account, round, request, filled)
      done++
    }
    const leftMs = budgetMs - (performance.now() - start)
    dropLongest(accounts, round + 1, leftMs / SAFETY / roundsAhead(round + 1, rounds))
  }
  onRound?.({ done: total, total, label: '', leftMs: 0 })
  return accounts.map((account) => account.result())
}

async function runRound(
  account: CellAccount,
  round: number,
  request: RunRequest,
  subjects: FilledSubjects,
): Promise<void> {
  const { journal } = request
  const earlier = journal?.find(account.label, round)
  if (earlier) {
    account.add(earlier)
    return
  }
  const { cell } = account
  const filled = await subjects.of(cell).catch((error: unknown) => error as Error)
  const start = performance.now()
  const message = filled instanceof Error ? failed(filled.message) : await measure(cell, request, filled)
  if (message.kind === 'failed') await subjects.discard(cell)
  account.add(message, performance.now() - start)
  journal?.add(account.label, round, message)
}

const failed = (reason: string): CellMessage => ({ kind: 'failed', reason })

async function measure(
  { backend, workload }: PlannedCell,
  request: RunRequest,
  filled: string | undefined,
): Promise<CellMessage> {
  const { directory, limits, timeoutMs, workloadFiles, profiles } = request
  const own = await mkdtemp(join(directory, 'cell-'))
  try {
    const cell = { backend, workload: workload.name, workloadFiles, directory: own, filled, limits }
    return await runInChild(cell, timeoutMs + (workload.warmUpMs ?? 0) + (workload.measureMs ?? 0), profiles)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}
