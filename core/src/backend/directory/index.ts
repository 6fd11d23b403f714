export { bootId, TEST_BOOT_ID_VARIABLE } from './boot-id.js'
export {
  endOf,
  openDirectory,
  type LogDirectory,
  type OpenDirectoryRequest,
  type SessionEnd,
} from './open-directory.js'
export { publishFile, removeDurably, syncDirectory, writeAll } from './publish-file.js'
export type { LastSession } from './session.js'
