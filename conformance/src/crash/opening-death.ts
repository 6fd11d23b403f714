import { constants } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { intercept } from '../disk/seam/interception.js'
import { splitWholeFileCalls } from '../disk/seam/whole-files.js'

/**
 * When the process that opens a log is to die: right before its call of this number, from 1, that changes files through
 * `node:fs`; or so long after the opening began, whatever it is doing then. Neither: it lives, and the opening is measured.
 */
export type OpeningDeath = { readonly atCall?: number; readonly afterMs?: number }

/** What an opening is, from its first call to its last. */
export interface OpeningSurvey {
  readonly calls: number
  readonly tookMs: number
}

/** Calls that change files, or make durable what is in them. */
const CHANGES = [
  'open',
  'write',
  'writev',
  'ftruncate',
  'fsync',
  'fdatasync',
  'mkdir',
  'rename',
  'unlink',
  'rmdir',
  'rm',
  'link',
]

/** The thread ends the process also while the engine holds the main one; it waits without a timer, to the point. */
const EXECUTIONER = `
  const { parentPort } = require('node:worker_threads')
  parentPort.once('message', (afterMs) => {
    const until = performance.now() + afterMs
    while (performance.now() < until);
    process.kill(process.pid, 'SIGKILL')
  })
  parentPort.postMessage('ready')
`

function onlyReads(call: string, flags: unknown): boolean {
  if (call !== 'open') return false
  if (typeof flags !== 'number') return flags === undefined || flags === null || flags === 'r'
  return (flags & (constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT)) === 0
}

/** Opens in this process, and lets it die of it. The log's modules are imported behind `prepare`. */
export class OpeningWatch {
  #isOpening = false
  #diesAt: number | undefined
  #calls = 0

  private constructor() {}

  static async prepare(): Promise<OpeningWatch> {
    const watch = new OpeningWatch()
    await splitWholeFileCalls()
    await intercept(CHANGES, (call, args) => {
      if (!onlyReads(call, args[1])) watch.#note()
      return undefined
    })
    return watch
  }

  async during<T>({ atCall, afterMs }: OpeningDeath, open: () => Promise<T>): Promise<T> {
    const executioner = afterMs === undefined ? undefined : await readyExecutioner()
    this.#diesAt = atCall
    this.#calls = 0
    this.#isOpening = true
    executioner?.postMessage(afterMs)
    try {
      return await open()
    } finally {
      this.#isOpening = false
    }
  }

  /** Measures what {@link during} is given. */
  async survey(open: () => Promise<unknown>): Promise<OpeningSurvey> {
    const startedMs = performance.now()
    await this.during({}, open)
    return { calls: this.#calls, tookMs: performance.now() - startedMs }
  }

  #note(): void {
    if (this.#isOpening && ++this.#calls === this.#diesAt) process.kill(process.pid, 'SIGKILL')
  }
}

async function readyExecutioner(): Promise<Worker> {
  const worker = new Worker(EXECUTIONER, { eval: true })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  return worker
}
