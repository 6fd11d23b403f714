import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Proof } from './prove.js'
import type { Suspect } from './suspects.js'

/** What a prover is asked. */
export interface ProofOrder {
  /** Among all suspects. */
  readonly name: string
  readonly caughtBy: readonly string[]
  readonly seed: number
}

/** A defect that makes a call go round for ever leaves no other way out, in ms. */
const PROOF_LIMIT_MS = 600_000

const PROGRAM = fileURLToPath(new URL('./prover-process.js', import.meta.url))

/**
 * Proves in a process of its own, one suspect after the other: a promise that one broken log leaves to nobody must not
 * fail the case of another.
 */
export class Prover {
  #child: ChildProcess | undefined

  async prove({ name, caughtBy }: Suspect, seed: number): Promise<Proof> {
    this.#child ??= fork(PROGRAM, { execArgv: [] })
    const child = this.#child
    child.send({ name, caughtBy, seed } satisfies ProofOrder)
    const ended = new AbortController()
    const late = setTimeout(() => child.kill('SIGKILL'), PROOF_LIMIT_MS)
    try {
      const [said] = (await Promise.race([
        once(child, 'message', ended),
        once(child, 'exit', ended).then(() => [undefined]),
      ])) as [Proof | undefined]
      if (said !== undefined) return said
      this.#child = undefined
      return { noticedBy: [], missedBy: [...caughtBy, '(it ended the process)'], skipped: [] }
    } finally {
      clearTimeout(late)
      ended.abort()
    }
  }

  end(): void {
    this.#child?.disconnect()
  }
}
