import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../host/is-alive.js'

/** Every folder with a mount in it is named after the process that made it: its death leaves both behind. */
export const MOUNT_PREFIX = 'plog-mount-'

const OWNER = new RegExp(`^${MOUNT_PREFIX}(\\d+)-`)

/** Mounted below a path; the innermost first. */
function mountsBelow(path: string): string[] {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount.startsWith(`${path}/`))
    .reverse()
}

/** Takes everything down that is mounted in a folder, whoever still uses it, and removes the folder. */
export function removeMounts(folder: string): void {
  for (const mount of mountsBelow(folder)) spawnSync('umount', ['-l', mount])
  rmSync(folder, { recursive: true, force: true })
}

/** Takes down what runs that were killed have left behind; their loop devices go with their mounts. */
export function sweepMounts(parent = tmpdir()): readonly string[] {
  const left = readdirSync(parent)
    .filter((name) => OWNER.test(name) && !isAlive(Number(OWNER.exec(name)?.[1])))
    .map((name) => join(parent, name))
  for (const folder of left) removeMounts(folder)
  return left
}
