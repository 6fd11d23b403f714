import { mkdir, mkdtemp, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PowerSwitch } from './power-switch.js'
import { MOUNT_PREFIX, removeMounts, sweepMounts } from './sweep.js'
import { system } from './system.js'

/** The file systems whose power can be cut. */
export type FileSystem = 'ext4' | 'xfs'

const MIB = 1024 * 1024

/** Sparse: it costs what is written. XFS refuses to be smaller than 300 MB. */
const IMAGE_BYTES: Readonly<Record<FileSystem, number>> = { ext4: 128 * MIB, xfs: 320 * MIB }

const MAKE: Readonly<Record<FileSystem, readonly [program: string, ...argv: string[]]>> = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q', '-f'],
}

/** A process that was killed lets go of a file system a moment later: so often, and so long in ms, that is waited for. */
const UNMOUNT_ATTEMPTS = 60
const UNMOUNT_PAUSE_MS = 50

/** Folders with mounts of this process; none outlives it, and what a SIGKILL leaves the next run sweeps. */
const folders = new Set<string>()
process.on('exit', () => folders.forEach(removeMounts))

/** How an image is made. */
export interface ImageOrder {
  readonly fileSystem: FileSystem
  readonly bytes?: number | undefined
  /** A file system in memory of this size holds the image: a disk that can run full under the file system. */
  readonly backingBytes?: number | undefined
}

/** A file system of its own in a file, mounted by a loop device; its power can be cut, and come back. */
export class MountedImage {
  /** Where it is mounted. */
  readonly path: string
  /** Where the image lies. */
  readonly backing: string
  readonly #image: string

  private constructor(folder: string) {
    this.path = join(folder, 'mount')
    this.backing = join(folder, 'backing')
    this.#image = join(this.backing, 'image')
  }

  /** Makes one, hands it over, and takes it down whatever happens. */
  static async use<T>(order: ImageOrder, act: (image: MountedImage) => Promise<T>): Promise<T> {
    sweepMounts()
    const folder = await mkdtemp(join(tmpdir(), `${MOUNT_PREFIX}${process.pid}-`))
    folders.add(folder)
    try {
      const image = new MountedImage(folder)
      await image.#make(order)
      return await act(image)
    } finally {
      removeMounts(folder)
      folders.delete(folder)
    }
  }

  /** Gets everything ready to cut the power: then `cut` takes no time. It need not be cut. */
  async armed<T>(act: (power: PowerSwitch) => Promise<T>): Promise<T> {
    const power = await PowerSwitch.arm(this.path)
    try {
      return await act(power)
    } finally {
      await power.disarm()
    }
  }

  /** The machine starts again: the file system recovers what its journal holds. */
  async restart(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await system('umount', this.path)
        break
      } catch (error) {
        if (attempt === UNMOUNT_ATTEMPTS) throw error
        await delay(UNMOUNT_PAUSE_MS)
      }
    }
    await this.#mount()
  }

  async #make({ fileSystem, bytes = IMAGE_BYTES[fileSystem], backingBytes }: ImageOrder): Promise<void> {
    await mkdir(this.path)
    await mkdir(this.backing)
    if (backingBytes !== undefined) {
      await system('mount', '-t', 'tmpfs', '-o', `size=${backingBytes}`, 'plog', this.backing)
    }
    const file = await open(this.#image, 'w')
    await file.truncate(bytes)
    await file.close()
    const [program, ...argv] = MAKE[fileSystem]
    await system(program, ...argv, this.#image)
    await this.#mount()
  }

  #mount(): Promise<void> {
    return system('mount', '-o', 'loop', this.#image, this.path)
  }
}
