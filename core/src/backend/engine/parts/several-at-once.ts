/** Enough to keep a disk busy, and to let small parts share flushes. */
const MOST_AT_ONCE = 16
/** Bytes in memory beside the item that is taken next. */
const MOST_BYTES_AT_ONCE = 4 * 1024 * 1024

/**
 * Works on the items of a list or stream, several at a time; memory is bounded by what they weigh in bytes. The results
 * are in the order of the items. The first failure is told once everything that was begun has ended.
 */
export async function severalAtOnce<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  weightOf: (item: T) => number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  let weight = 0
  let count = 0
  try {
    for await (const item of items) {
      const index = count++
      const itsWeight = weightOf(item)
      const run = async (): Promise<void> => {
        try {
          results[index] = await work(item, index)
        } catch (error) {
          failures.push(error)
        } finally {
          running.delete(running_)
          weight -= itsWeight
        }
      }
      weight += itsWeight
      const running_: Promise<void> = Promise.resolve().then(run)
      running.add(running_)
      while (running.size >= MOST_AT_ONCE || (weight > MOST_BYTES_AT_ONCE && running.size > 0)) {
        await Promise.race(running)
      }
      if (failures.length > 0) break
    }
  } finally {
    await Promise.all(running)
  }
  if (failures.length > 0) throw failures[0]
  return results
}
