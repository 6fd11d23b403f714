/**
 * The two-sided p-value of the Mann-Whitney U test, exact: of all ways to divide the pooled figures into two groups of
 * these sizes, the share whose rank sum is at least as far from the middle. Ties get their mean rank. It asks nothing
 * of the distribution, which for timings is never normal.
 */
export function rankSumP(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 1
  const ranks = doubledRanks([...a, ...b])
  const ways = waysToSum(ranks, a.length)
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0)
  const middle = a.length * (a.length + b.length + 1)
  let extreme = 0
  let all = 0
  for (const [sum, count] of ways) {
    all += count
    if (Math.abs(sum - middle) >= Math.abs(observed - middle)) extreme += count
  }
  return extreme / all
}

/** Twice the rank of each figure, so that mean ranks of ties stay integers. */
function doubledRanks(figures: readonly number[]): number[] {
  return figures.map((figure) => {
    const lower = figures.filter((other) => other < figure).length
    const equal = figures.filter((other) => other === figure).length
    return 2 * lower + equal + 1
  })
}

/** For each sum that `length` of the ranks can have: in how many ways. */
function waysToSum(ranks: readonly number[], length: number): Map<number, number> {
  const table = Array.from({ length: length + 1 }, () => new Map<number, number>())
  table[0]!.set(0, 1)
  for (const rank of ranks) {
    for (let taken = length; taken > 0; taken--) {
      const target = table[taken]!
      for (const [sum, count] of table[taken - 1]!) {
        target.set(sum + rank, (target.get(sum + rank) ?? 0) + count)
      }
    }
  }
  return table[length]!
}
