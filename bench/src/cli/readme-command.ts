import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readReport } from '../compare/read-report.js'
import { withTables } from '../report/readme-markers.js'
import { newestResult, RESULTS_FOLDER } from './results-folder.js'
import type { Terminal } from './terminal.js'

const ROOT = join(import.meta.dirname, '../../../..')

/** The READMEs that show figures. */
export const READMES = ['README.md', 'bench/README.md'].map((file) => join(ROOT, file))

/** Makes the tables of READMEs anew from the newest run that is kept. */
export async function readme(
  terminal: Terminal,
  files: readonly string[] = READMES,
  folder: string = RESULTS_FOLDER,
): Promise<number> {
  const newest = newestResult(folder)
  const report = newest === undefined ? undefined : await readReport(newest)
  terminal.err(newest === undefined ? `${folder} holds no run` : `from ${newest}`)
  for (const file of files) {
    const before = await readFile(file, 'utf8')
    const after = withTables(before, report)
    if (after !== before) await writeFile(file, after)
    terminal.out(`${file}: ${after === before ? 'as it was' : 'written'}`)
  }
  return 0
}
