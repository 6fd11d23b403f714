/** The longest a timer runs, in ms. */
const LONGEST_MS = 2 ** 31 - 1

/** A word of shared memory that threads wait on. */
export interface Bell {
  readonly words: Int32Array<SharedArrayBuffer>
  readonly at: number
}

/** What is waited on was changed: whoever waits looks again. */
export function ring({ words, at }: Bell): void {
  Atomics.add(words, at, 1)
  Atomics.notify(words, at)
}

/** What the word says now; look at what it stands for after that, then wait. */
export const heard = ({ words, at }: Bell): number => Atomics.load(words, at)

/**
 * Resolves when the bell was rung since it said `seen`, which may have been before the call. The wait alone keeps no thread
 * alive.
 */
export async function rung({ words, at }: Bell, seen: number): Promise<void> {
  const wait = Atomics.waitAsync(words, at, seen)
  if (wait.async) await wait.value
}

/** As `rung`, for somebody who would otherwise be gone before; an abort ends the wait with its reason. */
export async function rungOrAborted(bell: Bell, seen: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const alive = setTimeout(() => undefined, LONGEST_MS)
  let onAbort: (() => void) | undefined
  try {
    if (!signal) return await rung(bell, seen)
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason as Error)
      signal.addEventListener('abort', onAbort, { once: true })
    })
    await Promise.race([rung(bell, seen), aborted])
  } finally {
    clearTimeout(alive)
    if (onAbort) signal?.removeEventListener('abort', onAbort)
  }
}
