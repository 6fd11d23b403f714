import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

/** What to look at. */
export interface StraceOrder {
  /** Names of system calls as strace takes them. */
  readonly calls: readonly string[]
  /** Only calls on these very paths; absent: all. */
  readonly paths?: readonly string[] | undefined
  /** An expression `inject=...`: what to do to which call. */
  readonly inject?: string | undefined
  /** So many bytes of each text are shown. */
  readonly shownBytes?: number | undefined
  /** Where the trace goes. */
  readonly file: string
}

/** Tracers that run; none outlives the kit. */
const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((tracer) => tracer.kill('SIGKILL')))

/**
 * strace, attached to a process that runs already: what it counts begins here, and not with the hundreds of calls by
 * which Node.js starts. It counts per thread; a process with one thread in its pool fails at one place at a time.
 */
export class Strace {
  readonly #file: string
  readonly #ended: Promise<unknown>

  private constructor(file: string, ended: Promise<unknown>) {
    this.#file = file
    this.#ended = ended
  }

  static async attach(pid: number, order: StraceOrder): Promise<Strace> {
    const { calls, paths = [], inject, shownBytes = 32, file } = order
    const options = [
      ['-f', '-y', '-s', String(shownBytes), '-o', file, '-p', String(pid)],
      ['-e', `trace=${calls.map((call) => `?${call}`).join()}`],
      inject === undefined ? [] : ['-e', inject],
      ...paths.map((path) => ['-P', path]),
    ]
    const tracer = spawn('strace', options.flat(), { stdio: ['ignore', 'ignore', 'pipe'] })
    running.add(tracer)
    const ended = once(tracer, 'exit').finally(() => running.delete(tracer))
    let said = ''
    const attached = new Promise<void>((resolve) => {
      tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (/ attached/.test(said)) resolve()
      })
    })
    await Promise.race([
      attached,
      ended.then(() => Promise.reject(new Error(`strace could not attach: ${said.trim()}`))),
    ])
    return new Strace(file, ended)
  }

  /** What was traced, when the process has ended. */
  async trace(): Promise<string> {
    await this.#ended
    return readFile(this.#file, 'latin1')
  }
}
