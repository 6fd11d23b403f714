import { fork, type ChildProcess } from 'node:child_process'
import type { FromReplica, Orders, ToReplica } from './protocol.js'

const PROGRAM = new URL('./replica-process.js', import.meta.url)
const KEPT_COMPLAINTS = 4_000 // letters

const running = new Set<ChildProcess>()

/** Ends every replica at once; for the case that the client itself is told to stop. */
export function killReplicas(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A replica process, seen from its client. */
export class Replica {
  readonly #child: ChildProcess
  readonly #inbox: FromReplica[] = []
  #wake: (() => void) | undefined
  #ending: Ending | undefined
  #isSilent = false
  #complaints = ''

  constructor(orders: Orders) {
    // Structured clones carry bytes as bytes.
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const
    this.#child = fork(PROGRAM, { serialization: 'advanced', stdio: [...stdio], execArgv: [] })
    running.add(this.#child)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_COMPLAINTS)
    })
    this.#child.on('message', (message) => this.#arrived(message as FromReplica))
    this.#child.on('error', (error) => (this.#complaints += error.message))
    // What a process sent before it died still counts: only the end of the channel says that nothing more will come.
    this.#child.on('disconnect', () => {
      this.#isSilent = true
      this.#wake?.()
    })
    this.#child.on('exit', (code, signal) => {
      running.delete(this.#child)
      this.#ending = { code, signal }
      this.#wake?.()
    })
    this.send({ type: 'start', orders })
  }

  /** How the process ended; absent while it runs. */
  get ending(): Ending | undefined {
    return this.#ending
  }

  /** What it wrote to its standard error at the end. */
  get complaints(): string {
    return this.#complaints.trim()
  }

  send(message: ToReplica): void {
    // A process that was killed meanwhile does not read it any more.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  /** `kill -9`: no handler runs, nothing is flushed, nothing is said. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Everything that the process says, until it has ended. */
  async *messages(): AsyncGenerator<FromReplica> {
    for (;;) {
      const message = this.#inbox.shift()
      if (message) yield message
      else if (this.#isSilent && this.#ending) return
      else await new Promise<void>((wake) => (this.#wake = wake))
    }
  }

  #arrived(message: FromReplica): void {
    this.#inbox.push(message)
    this.#wake?.()
  }
}
