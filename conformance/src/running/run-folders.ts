import { readdirSync, readlinkSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../host/is-alive.js'
import { hashText } from './random.js'

/** Process ids mean the same in all that have this in common: a folder may be shared between containers, or machines. */
function namespaceOfPids(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname() // There is such a thing on Linux only.
  }
}

const PREFIX = `plog-run-${hashText(namespaceOfPids()).toString(36)}-`

const OWNER = new RegExp(`^${PREFIX}(\\d+)-`)

/** How the name of a folder begins that a process makes for a case. */
export const folderPrefix = (pid = process.pid): string => `${PREFIX}${pid}-`

/** Those that this process has. */
const folders = new Set<string>()
process.on('exit', () => folders.forEach(remove))

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    // Somebody else's, or in use: it is in nobody's way.
  }
}

/** Has a folder removed at the end of this process, should nobody do it before. */
export const keepTrackOf = (folder: string): void => void folders.add(folder)

/** It is gone. */
export const loseTrackOf = (folder: string): void => void folders.delete(folder)

/** Removes the folders of runs whose process was killed; the next run does that. Returns them. */
export function sweepFolders(parent = tmpdir()): readonly string[] {
  const left = namesIn(parent)
    .filter((name) => OWNER.test(name) && !isAlive(Number(OWNER.exec(name)?.[1])))
    .map((name) => join(parent, name))
  left.forEach(remove)
  return left
}

function namesIn(parent: string): readonly string[] {
  try {
    return readdirSync(parent)
  } catch {
    return [] // Whoever makes a folder there says what is wrong with it.
  }
}
