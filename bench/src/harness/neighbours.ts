/** Two cells whose figures are held against each other, by their labels. */
export type Pair = readonly [string, string]

/**
 * The same items in an order in which those that form pairs follow each other, and otherwise as they were: a machine drifts
 * from minute to minute, and hardly between one cell and the next.
 */
export function besideEachOther<T>(
  items: readonly T[],
  labelOf: (item: T) => string,
  pairs: readonly Pair[],
): T[] {
  const byLabel = new Map(items.map((item) => [labelOf(item), item]))
  const partners = new Map<string, string[]>()
  for (const [one, other] of pairs) {
    partners.set(one, [...(partners.get(one) ?? []), other])
    partners.set(other, [...(partners.get(other) ?? []), one])
  }
  const ordered = new Set<string>()
  for (const label of byLabel.keys()) {
    const waiting = [label]
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (ordered.has(next) || !byLabel.has(next)) continue
      ordered.add(next)
      waiting.push(...(partners.get(next) ?? []))
    }
  }
  return [...ordered].map((label) => byLabel.get(label)!)
}
