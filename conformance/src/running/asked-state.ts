import type { CaseContext } from './case-context.js'
import { shownValue } from './check.js'
import type { Tally } from './tally.js'

/** States, faults and damages that a case has tried so far. */
const countedIn = ({
  crashStates,
  faultsHit,
  corruption: { ok, located, silent, wrong, dead },
}: Tally): number => crashStates + faultsHit + ok + located + silent + wrong + dead

/** The only state or fault to try. A run in which no case tries it would pass, and prove nothing about it. */
export class AskedState {
  readonly text: string
  readonly #field: string
  #wasTried = false

  /** The field, or the variable, that asked for it. */
  constructor(field: string, text: string) {
    this.#field = field
    this.text = text
  }

  /** Runs a case, and notes whether it asked for the state and then tried one. A case that fails has the last word itself. */
  async watch(ctx: CaseContext, run: () => Promise<void>): Promise<void> {
    const before = countedIn(ctx.tally)
    try {
      await run()
    } catch (error) {
      this.#wasTried = true
      throw error
    }
    if (ctx.askedForState && countedIn(ctx.tally) > before) this.#wasTried = true
  }

  /** Why no case has tried it; `undefined` when one has. */
  whyUntried(): string | undefined {
    if (this.#wasTried) return undefined
    return `${this.#field}: must be one that a case which is run tries, as its failure prints it (0:123, 45, load/fdatasync/EIO/1), got ${shownValue(this.text)}`
  }
}

/** What the case is called that such a run fails. */
export const STATE_CASE = { id: 'kit.tries-the-state', title: 'tries the state that was asked for' }
