import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** How many of the objects are still held by somebody, once the turn is over. */
export async function stillHeld(references: readonly WeakRef<object>[]): Promise<number> {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return references.filter((reference) => reference.deref() !== undefined).length
}
