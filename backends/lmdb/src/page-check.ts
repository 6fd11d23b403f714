import { raise } from '@persistent-log/core/backend'
import { PageFile, type LmdbFinding } from './page-file.js'
import { Walk } from './page-walk.js'

export type { LmdbFinding } from './page-file.js'

/** Nothing stands where the file should, or something else. */
const NO_FILE: ReadonlySet<unknown> = new Set(['ENOENT', 'EISDIR', 'ENOTDIR', 'ELOOP'])

/**
 * Checks the structure of an LMDB data file before LMDB opens it. LMDB maps the file and follows what it reads
 * there; it has no checksums. A single wrong bit in a branch page, or a file that is too short, can end the whole
 * process, where no handler of ours has a chance. So after an unclean end, this looks first.
 *
 * It reads the pages that can be reached, without the contents of values, and never writes. It returns findings,
 * whatever the file holds; a file that the operating system does not hand out is `PLOG_IO`: that says nothing of what is in
 * it. It does not see wrong bytes within keys that stay in order, nor
 * within values; these need checksums of their own. Databases with duplicate or integer keys are not supported:
 * they are found to be damaged.
 *
 * @param file the data file itself: `data.mdb` in the directory, or the path given with `noSubdir`.
 */
export function checkLmdbFile(file: string): LmdbFinding[] {
  let pages: PageFile
  try {
    pages = new PageFile(file)
  } catch (error) {
    return [{ kind: 'size', page: 0, reason: `cannot be opened (${unreadable(file, error)})` }]
  }
  try {
    const meta = pages.chooseMeta()
    if (meta) new Walk(pages, meta).run()
  } catch (error) {
    pages.report('page', 0, `cannot be read (${unreadable(file, error)})`)
  } finally {
    pages.close()
  }
  return pages.findings
}

/** What a failure to read says of the file; one of the operating system says nothing, and is thrown. */
function unreadable(file: string, error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  const isOfSystem = error instanceof Error && 'syscall' in error && !NO_FILE.has(code)
  if (isOfSystem) throw raise.io('open', { file }, { cause: error })
  return String(code ?? error)
}
