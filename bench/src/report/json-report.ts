import type { BenchReport } from '../harness/measures.js'

/** More digits than any figure has that was measured; without it files of results are twice as long. */
const DIGITS = 5

/** The report for machines. */
export function jsonReport(report: BenchReport): string {
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value
  // A line per result: short, and a difference between two runs can be read.
  const lines = (list: readonly unknown[]): string =>
    list.map((item) => `  ${JSON.stringify(item, rounded)}`).join(',\n')
  const { format, environment, results, targets } = report
  return `{
 "format": ${format},
 "environment": ${JSON.stringify(environment, rounded)},
 "results": [
${lines(results)}
 ],
 "targets": [
${lines(targets)}
 ]
}
`
}
