import Table from 'cli-table3'
import pc from 'picocolors'
import type { LifeReport } from './life.js'
import { shown } from './proofs.js'

/** Only for people: picocolors would colour the log of a CI run as well. */
const colour = pc.createColors(process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined)

const HEAD = [
  'backend',
  'entries',
  'accept/s',
  'commit/s',
  'read/s',
  'recovery ms',
  'declares',
  'survived SIGKILL',
]

/** The table: a row per backend. Accepts and commits went on at the same time and were acknowledged durable. */
export function tableOf(reports: readonly LifeReport[]): string {
  const colAligns = HEAD.map((_, column) => (column > 0 && column < 6 ? 'right' : 'left'))
  const table = new Table({ head: HEAD, colAligns, style: { head: [], border: [] } })
  for (const one of reports) {
    table.push([
      one.backend,
      shown(one.entries),
      shown(one.acceptsPerSecond),
      shown(one.commitsPerSecond),
      shown(one.readsPerSecond),
      shown(one.recoveryMs),
      one.declares,
      one.survived,
    ])
  }
  return table.toString()
}

/** A line per proof. */
export function proofLines(reports: readonly LifeReport[]): string[] {
  return reports.flatMap(({ backend, proofs }) =>
    proofs.map(({ claim, holds, detail }) => {
      const verdict = holds ? colour.green('proved') : colour.red('FAILED')
      return `${verdict}  ${backend}: ${claim} (${detail})`
    }),
  )
}
