/**
 * The items of a stream. An abort ends the wait for an item that does not come; a stream that stands still would answer
 * `return` no sooner, so that its end is not waited for then.
 */
export async function* abortable<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, undefined> {
  if (!signal) {
    yield* items
    return undefined
  }
  const iterator = items[Symbol.asyncIterator]()
  let isDone = false
  try {
    for (;;) {
      const step = await unlessAborted(iterator, signal)
      if (step.done) {
        isDone = true
        return undefined
      }
      yield step.value
    }
  } finally {
    if (!isDone) {
      const end = Promise.resolve(iterator.return?.())
      // The reason of the abort is what its caller is told.
      if (signal.aborted) end.catch(() => undefined)
      else await end
    }
  }
}

/** One step; a listener of its own, since one promise for the whole stream would gather a reaction per item. */
function unlessAborted<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    // A plain result will do, as it does for `for await`.
    const step = new Promise<IteratorResult<T>>((settle) => settle(iterator.next()))
    void step.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
