import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** So large may be what was changed. */
const MOST_BYTES = 256 * 1024 * 1024

/** The commit of the code in a directory, marked where it was changed since; `unknown` outside a clone. */
export function commitName(directory: string = import.meta.dirname): string {
  return git(directory, 'describe', '--always', '--dirty')?.trim() ?? 'unknown'
}

/**
 * What tells the code in a directory from its commit: a digest of all changes and of all files that git does not know yet;
 * `none` where there are none. Two changed trees of one commit have the same name, and are not the same code.
 */
export function changesSinceCommit(directory: string = import.meta.dirname): string {
  const root = git(directory, 'rev-parse', '--show-toplevel')?.trim()
  if (root === undefined) return 'unknown'
  const changes = git(root, 'diff', 'HEAD', '--binary') ?? ''
  const added = (git(root, 'ls-files', '--others', '--exclude-standard', '-z') ?? '')
    .split('\0')
    .filter(Boolean)
  if (changes === '' && added.length === 0) return 'none'
  const digest = createHash('sha256').update(changes)
  for (const file of added) digest.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return digest.digest('hex').slice(0, 16)
}

function git(cwd: string, ...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      ...{ cwd, encoding: 'utf8', maxBuffer: MOST_BYTES },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    // Outside a clone there is no commit to name.
    return undefined
  }
}
