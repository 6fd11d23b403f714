import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where full runs are kept: one name, three files of it. */
export const RESULTS_FOLDER = join(import.meta.dirname, '../../../results')

/** Where an interrupted run of `record` goes on; git ignores it. */
export const RECORD_JOURNAL = join(import.meta.dirname, '../../../.cache/record.jsonl')

/** The name of a run, so that names sort as runs were made: the day, and the commit that it measured. */
export function resultName(environment: Readonly<Record<string, string | number>>): string {
  const day = String(environment['date']).slice(0, 10)
  return `${day}-node-${String(environment['node']).replace(/^v/, '')}-${String(environment['commit'])}`
}

/** The newest run that is kept; `undefined` when there is none. */
export function newestResult(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  const [newest] = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort((a, b) => (a < b ? 1 : -1))
  return newest && join(folder, newest)
}
