import { statfs } from 'node:fs/promises'

/** What statfs(2) on Linux calls file systems. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x794c7630, 'overlay'],
  [0x6969, 'nfs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
])

/** File systems without a disk: a flush there costs nothing and proves nothing. */
const WITHOUT_DISK: ReadonlySet<string> = new Set(['tmpfs', 'ramfs'])

/** The name of a file system by the type that statfs tells; its number where it is not known. */
export function fileSystemName(type: number): string {
  return NAMES.get(type >>> 0) ?? `type 0x${(type >>> 0).toString(16)}`
}

/** The name of a file system that lives in memory; `undefined` for any other. */
export function memoryFileSystem(type: number): string | undefined {
  const name = fileSystemName(type)
  return WITHOUT_DISK.has(name) ? name : undefined
}

/** The type of the file system that a directory is on. */
export const fileSystemType = async (directory: string): Promise<number> => (await statfs(directory)).type
