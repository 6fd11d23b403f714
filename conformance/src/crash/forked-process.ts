import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A child that says nothing for so long hangs, in ms. No check rests on it. */
const SILENCE_LIMIT_MS = 45_000

/** A process that nothing keeps alive any more ends within this time, in ms, on a busy machine too. */
const LEAVE_LIMIT_MS = 20_000

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Children that are alive; none outlives the kit. */
const alive = new Set<ChildProcess>()
process.on('exit', () => alive.forEach((child) => child.kill('SIGKILL')))

/** A child process that is told what to do and says what it did. Kill it in `finally`. */
export class ForkedProcess<Command extends { kind: string }, Report extends { kind: string }> {
  readonly #process: ChildProcess
  readonly #reports: Report[] = []
  readonly #ended: Promise<Ending>
  #wake: (() => void) | undefined
  #ending: Ending | undefined
  #stderr = ''

  /** `variables` are added to the environment of the process. */
  constructor(program: URL, variables: NodeJS.ProcessEnv = {}) {
    const child = fork(fileURLToPath(program), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...variables },
    })
    this.#process = child
    alive.add(child)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    child.on('message', (report) => {
      this.#reports.push(report as Report)
      this.#wake?.()
    })
    // What the child said before its death may arrive after the news of it: the channel's end is the last word.
    this.#ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(([[code, signal]]) => {
      alive.delete(child)
      this.#ending = { code: code as number | null, signal: signal as NodeJS.Signals | null }
      this.#wake?.()
      return this.#ending
    })
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** Sends an order. */
  tell(command: Command): void {
    // A child that is gone is noticed by whoever waits for its answer.
    if (this.#process.connected) this.#process.send(command, () => undefined)
  }

  /** Takes the next report, of whatever kind; `undefined` when the child has ended and said everything. */
  async next(): Promise<Report | undefined> {
    while (this.#reports.length === 0 && this.#ending === undefined) {
      await this.#inTime(new Promise<void>((resolve) => (this.#wake = resolve)))
    }
    return this.#reports.shift()
  }

  /** Takes the next report, which must be of one of these kinds. */
  async expect<K extends Report['kind']>(...kinds: readonly K[]): Promise<Extract<Report, { kind: K }>> {
    const report = await this.next()
    if (report === undefined)
      throw new Error(`the child ended (${this.howItEnded()}) before it said ${kinds.join(' or ')}`)
    if ((kinds as readonly string[]).includes(report.kind)) return report as Extract<Report, { kind: K }>
    const { error } = report as { error?: { message: string } }
    const said = error === undefined ? report.kind : `${report.kind}: ${error.message}`
    throw new Error(`the child was expected to say ${kinds.join(' or ')}, but said ${said}`)
  }

  /** It must end by itself now. */
  async ended(): Promise<Ending & { readonly stderr: string }> {
    return { ...(await this.#inTime(this.#ended, LEAVE_LIMIT_MS)), stderr: this.#stderr }
  }

  /** Sends SIGKILL; what the child said before can still be heard. */
  signalKill(): void {
    this.#process.kill('SIGKILL')
  }

  /** Ends it with SIGKILL and waits until it is gone. True when this was what ended it. */
  async kill(): Promise<boolean> {
    if (this.#ending === undefined) this.#process.kill('SIGKILL')
    return (await this.#ended).signal === 'SIGKILL'
  }

  async #inTime<T>(event: Promise<T>, limitMs = SILENCE_LIMIT_MS): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const message = `the child neither spoke nor ended within ${limitMs} ms; on stderr it said: ${this.#stderr}`
      timer = setTimeout(() => reject(new Error(message)), limitMs)
    })
    try {
      return await Promise.race([event, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** How it ended, in words. */
  howItEnded(): string {
    const { code, signal } = this.#ending ?? { code: null, signal: null }
    return `${signal ?? `exit code ${code}`}${this.#stderr === '' ? '' : `: ${this.#stderr.trim()}`}`
  }
}
