import { prove } from './prove.js'
import type { ProofOrder } from './prover.js'
import { suspects } from './suspects.js'

// What a Prover forks.

// The runs note promises that failed and that nobody looked at; one that fails between two runs must not end them all.
process.on('unhandledRejection', () => undefined)
// A broken log may leave something running: nothing but the channel to the parent counts.
process.on('disconnect', () => process.exit())
process.on('message', (order: ProofOrder) => void answer(order))

async function answer({ name, caughtBy, seed }: ProofOrder): Promise<void> {
  const suspect = suspects.find((one) => one.name === name && one.caughtBy.join() === caughtBy.join())
  if (suspect === undefined) throw new TypeError(`${name} is no suspect`)
  process.send?.(await prove(suspect, seed))
}
