import { FullDiskRun, fillUpTo } from '../power/full-disk-run.js'
import { MountedImage } from '../power/mounted-image.js'
import { needsReopen, type Case } from './case.js'

const MIB = 1024 * 1024

/** Mounts and a few processes, in ms: only what hangs takes so long. */
const DISK_TIMEOUT_MS = 600_000

const inCommon = {
  requires: needsReopen,
  tier: 3,
  facilities: ['ext4'],
  spawns: true,
  timeoutMs: DISK_TIMEOUT_MS,
} as const

/** Disks that take no more, and disks that fail to write what the system had taken. */
export const fullDiskCases: readonly Case[] = [
  {
    ...inCommon,
    id: 'fault.disk-full',
    title:
      'refuses a write on a full disk and lives on: reads go on, and writes too when there is room and it is reopened',
    run: (ctx) =>
      MountedImage.use({ fileSystem: 'ext4', bytes: 48 * MIB }, async (image) => {
        const run = new FullDiskRun(ctx, image)
        // What a log takes in advance is its own affair.
        await run.create()
        const { free } = await fillUpTo(image.path, 6 * MIB)
        await run.examine(free)
      }),
  },
  {
    ...inCommon,
    id: 'fault.real-flush-error',
    title:
      'holds what it acknowledged when the system had taken its bytes and the flush of them really fails',
    run: (ctx) =>
      // The file system believes in 64 MiB; what holds it has room for less. That shows when pages are written back.
      MountedImage.use({ fileSystem: 'ext4', bytes: 64 * MIB, backingBytes: 32 * MIB }, async (image) => {
        const run = new FullDiskRun(ctx, image)
        await run.create()
        const { free } = await fillUpTo(image.backing, 4 * MIB)
        await run.examine(async () => {
          await free()
          // Pages that failed to be written are dropped with the mount: only the disk counts now.
          await image.restart()
        })
      }),
  },
]
