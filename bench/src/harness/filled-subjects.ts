import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { FillRequest } from './fill-child.js'
import type { PlannedCell } from './plan.js'

const CHILD = fileURLToPath(new URL('fill-child.js', import.meta.url))
/** So many entries are written faster than a copy of them is worth. */
const MOST_WRITTEN_ANEW = 10_000

/**
 * Subjects that are filled once per run, each by a process of its own, for all cells and rounds that begin with the same
 * entries: filling a million takes longer than whatever is measured on them.
 */
export class FilledSubjects {
  readonly #directory: string
  readonly #timeoutMs: number
  readonly #filled = new Map<string, Promise<string>>()
  /** Names are not given twice: what was discarded left a gap. */
  #made = 0

  /** Keeps them below the directory; a fill that takes longer than the limit has hung. */
  constructor(directory: string, timeoutMs: number) {
    this.#directory = directory
    this.#timeoutMs = timeoutMs
  }

  /**
   * The directory of what a cell begins with; it is empty when the subject stores nothing. `undefined` when the cell is to
   * fill its own. Rejects when the filling failed.
   */
  async of(cell: PlannedCell): Promise<string | undefined> {
    const key = keyOf(cell)
    if (key === undefined) return undefined
    let filled = this.#filled.get(key)
    if (filled === undefined) {
      filled = this.#fill(cell, join(this.#directory, `filled-${this.#made++}`))
      this.#filled.set(key, filled)
    }
    return filled
  }

  /** Forgets what a cell may have spoiled. */
  async discard(cell: PlannedCell): Promise<void> {
    const key = keyOf(cell) ?? ''
    const filled = this.#filled.get(key)
    this.#filled.delete(key)
    const directory = await filled?.catch(() => undefined)
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }

  async #fill({ backend, workload }: PlannedCell, directory: string): Promise<string> {
    const { entries, valueBytes, survives, options, beginsFrom } = workload
    const request: FillRequest = {
      ...{ name: backend, directory, survives, options },
      ...{ entries, valueBytes, isKilled: beginsFrom === 'killed' },
    }
    const running = promisify(execFile)(process.execPath, [CHILD, JSON.stringify(request)], {
      timeout: this.#timeoutMs,
    })
    const failure: unknown = await running.then(() => undefined).catch((error: unknown) => error)
    const { signal, killed, stderr } = (failure ?? {}) as Partial<ExecFailure>
    const isAsPlanned =
      failure === undefined || (request.isKilled && signal === 'SIGKILL' && killed === false)
    const reason = killed ? `it did not end within ${this.#timeoutMs} ms` : stderr?.trim()
    if (!isAsPlanned) throw new Error(`could not be filled with ${entries} entries: ${reason}`)
    return directory
  }
}

interface ExecFailure {
  readonly signal: string | null
  /** By us, because it took too long. */
  readonly killed: boolean
  readonly stderr: string
}

/** What has to be the same for two cells to begin with one subject; `undefined` for a cell that fills its own. */
function keyOf({ backend, workload }: PlannedCell): string | undefined {
  const { entries, valueBytes, survives, options, beginsFrom } = workload
  if (beginsFrom !== 'killed' && entries <= MOST_WRITTEN_ANEW) return undefined
  return JSON.stringify([backend, entries, valueBytes, survives, options, beginsFrom])
}
