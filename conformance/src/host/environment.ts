import { release, tmpdir } from 'node:os'
import { fileSystemName, fileSystemType } from './file-system.js'

/** Where a run took place. */
export interface Environment {
  readonly node: string
  readonly platform: string
  readonly kernel: string
  /** The file system that the logs were made on; tier 3 mounts its own. */
  readonly fileSystem: string
}

/** Describes this machine. */
export async function inspectEnvironment(parent: string | undefined): Promise<Environment> {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    kernel: release(),
    fileSystem: fileSystemName(await fileSystemType(parent ?? tmpdir())),
  }
}
