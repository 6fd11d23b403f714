import { access, constants, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isPersistentLogError, raise } from '../../errors/index.js'
import { syncDirectory } from './publish-file.js'

/** What the user can put right by naming another directory; everything else is the system's failure. */
const USER_FAULTS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'this process may not write there'],
  ['EPERM', 'this process may not write there'],
  ['EROFS', 'the file system is mounted read-only'],
  ['EEXIST', 'it is a file, or a link to nothing'],
  ['ENOTDIR', 'it, or a part of its path, is a file'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ELOOP', 'its symbolic links go round in circles'],
  ['ERR_INVALID_ARG_VALUE', 'its name contains a character that no file name may have'],
])

/** The typed error for a directory that cannot be used. */
export function directoryError(directory: string, cause: unknown): Error {
  if (isPersistentLogError(cause)) return cause
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  // The mistake of a program, of an adapter for instance, says nothing of the directory. Those that Node.js finds have a code.
  if (cause instanceof TypeError && code === undefined) return cause
  const fault = code === undefined ? undefined : USER_FAULTS.get(code)
  if (fault === undefined) return raise.io('opening the directory', { file: directory }, { cause })
  return invalidDirectory(directory, fault)
}

/** A directory that the user has to choose otherwise. */
export function invalidDirectory(directory: string, fault: string): Error {
  return raise.invalidConfig([
    {
      path: 'directory',
      message: `${JSON.stringify(directory)} cannot be used: ${fault}; allowed is a directory that does not exist yet, is empty, or holds a log, and is writable`,
      value: directory,
    },
  ])
}

/**
 * Level by level, from the first that is there. The recursive `mkdir` of Node.js goes round for ever where a system says of
 * a new name that it does not exist, as Linux does below /proc.
 */
async function makeMissing(directory: string): Promise<void> {
  if (await isDirectory(directory)) return
  const parent = dirname(directory)
  if (parent !== directory) await makeMissing(parent)
  try {
    await mkdir(directory)
  } catch (cause) {
    // Somebody else may have made it meanwhile.
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST' && (await isDirectory(directory))
    if (!isThere) throw cause
  }
}

/** False where there is nothing, or something else. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
}

/** Creates what is missing of a path and returns the real path. The names are durable after `syncAncestors`. */
export async function makeDirectory(directory: string): Promise<string> {
  try {
    await makeMissing(directory)
    const path = await realpath(directory)
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return path
  } catch (cause) {
    throw directoryError(directory, cause)
  }
}

/**
 * Makes the names on the way to a directory durable, up to the root of its file system: not only of what this process
 * created, since an earlier one may have been killed between creating a directory and flushing its name.
 */
export async function syncAncestors(path: string): Promise<void> {
  const { dev } = await stat(path)
  for (let child = path, parent = dirname(path); parent !== child; child = parent, parent = dirname(parent)) {
    if ((await stat(parent)).dev !== dev || !(await mayRead(parent))) return
    await syncDirectory(parent)
  }
}

/** A directory that this process may not read is not one that it made. */
async function mayRead(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
