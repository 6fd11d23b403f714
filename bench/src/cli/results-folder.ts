import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchReport } from '../harness/measures.js'

/** Where full runs are kept: one name, three files of it. */
export const RESULTS_FOLDER = join(import.meta.dirname, '../../../results')

/** Where an interrupted run of `record` goes on; git ignores it. */
export const RECORD_JOURNAL = join(import.meta.dirname, '../../../.cache/record.jsonl')

/** A path without extension that no run has yet: the day, Node.js and the commit that it measured, and a number if need be. */
export function freeName(folder: string, environment: Readonly<Record<string, string | number>>): string {
  const day = String(environment['date']).slice(0, 10)
  const name = `${day}-node-${String(environment['node']).replace(/^v/, '')}-${String(environment['commit'])}`
  for (let number = 1; ; number++) {
    const path = join(folder, number === 1 ? name : `${name}-${number}`)
    if (!existsSync(`${path}.json`) && !existsSync(`${path}.html`)) return path
  }
}

/** The newest run that is kept, by the time at which it ended; `undefined` when there is none. */
export function newestResult(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  const dated = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name))
    .map((file) => [file, dateIn(file)] as const)
  const [newest] = dated.sort(([, a], [, b]) => (a < b ? 1 : -1))
  return newest?.[0]
}

function dateIn(file: string): string {
  const { environment } = JSON.parse(readFileSync(file, 'utf8')) as Partial<BenchReport>
  return String(environment?.['date'] ?? '')
}
