import { bytesOf, filesOf, groupsEnd } from './closed-log.js'
import type { DiskImage, MemoryDisk } from './memory-disk.js'

/** Some time for what goes on in the background. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

const isSealed = (image: DiskImage, name: string): boolean =>
  groupsEnd(bytesOf(image, name)) < bytesOf(image, name).byteLength

/** Resolves when every segment but the active one is sealed, and then some. */
export async function allSealed({ image }: MemoryDisk): Promise<void> {
  const open = (): number => filesOf(image).filter((name) => !isSealed(image, name)).length
  while (open() > 1) await turn()
  for (let time = 0; time < 10; time++) await turn()
}
