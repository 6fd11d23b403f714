import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { deserialize, serialize } from 'node:v8'
import { raise } from '@persistent-log/core'
import type { ModelState } from '../model/model-state.js'

interface Stored {
  readonly state: ModelState
  readonly clean: boolean
}

/** The locks that this thread holds: what names it otherwise was left by a process that had its number. */
const held = new Set<string>()
const OWNER = `${process.pid}.${threadId}`

/**
 * The reference log's disk: the whole state in one file, replaced by rename. Outlives the process, not the power: it is
 * there to be examined, not to be used. The lock file holds the owner's process and thread.
 */
export class ReferenceDisk {
  readonly #file: string
  readonly #lock: string
  #gathering: Promise<void> | undefined

  constructor(directory: string) {
    const place = this.makePlace(directory)
    this.#file = join(place, 'state')
    this.#lock = this.lockFile(place)
    this.takeLock(directory)
  }

  /** Where the files are. */
  makePlace(directory: string): string {
    mkdirSync(directory, { recursive: true })
    return realpathSync(directory)
  }

  lockFile(place: string): string {
    return join(place, 'owner')
  }

  load(): Stored | undefined {
    return existsSync(this.#file) ? (deserialize(readFileSync(this.#file)) as Stored) : undefined
  }

  /** Calls of one turn share a file, as a group commit would. */
  save(state: () => ModelState): Promise<void> {
    this.#gathering ??= Promise.resolve().then(() => {
      this.#gathering = undefined
      this.saveNow(state())
    })
    return this.#gathering
  }

  saveNow(state: ModelState, clean = false): void {
    writeFileSync(`${this.#file}.new`, serialize({ state, clean } satisfies Stored))
    renameSync(`${this.#file}.new`, this.#file)
  }

  release(): void {
    held.delete(this.#lock)
    rmSync(this.#lock, { force: true })
  }

  takeLock(directory: string): void {
    // The lock appears with its content: a lock without an owner, which a kill could leave, would never be free.
    const claim = `${this.#lock}.${OWNER}`
    writeFileSync(claim, OWNER)
    try {
      this.#takeClaimed(directory, claim)
      held.add(this.#lock)
    } finally {
      rmSync(claim)
    }
  }

  #takeClaimed(directory: string, claim: string): void {
    for (;;) {
      try {
        linkSync(claim, this.#lock)
        return
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const owner = readFileSync(this.#lock, 'utf8')
      const pid = Number.parseInt(owner, 10)
      const isStale = owner === OWNER ? !held.has(this.#lock) : !isAlive(pid)
      if (!isStale) throw raise.locked(directory, { pid, host: hostname() })
      rmSync(this.#lock, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
