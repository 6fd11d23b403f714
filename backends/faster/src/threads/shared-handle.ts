import { checkHandle, type ServedHandle, type ThreadHandle } from '@persistent-log/core/backend'
import type { IndexMemory } from './index-memory.js'

/** Where the files of a log are, and how they are read. */
export interface SharedPlace {
  readonly path: string
  readonly isMapped: boolean
  readonly logId: Uint8Array
  readonly poisonViews: boolean
}

/** What a handle of this backend holds beside the pipes to the owner. */
export interface SharedHandle extends ServedHandle {
  readonly place: SharedPlace
  readonly index: IndexMemory
}

/** Throws `TypeError` unless it is a handle that a log of this backend made. */
export function checkSharedHandle(handle: ThreadHandle): asserts handle is SharedHandle {
  checkHandle(handle)
  const { place, index } = handle as Partial<SharedHandle>
  const isWhole =
    typeof place?.path === 'string' &&
    place.logId instanceof Uint8Array &&
    index?.control instanceof SharedArrayBuffer &&
    index.pages instanceof SharedArrayBuffer
  if (isWhole) return
  throw new TypeError(
    'handle.place or handle.index is incomplete; it must be what log.threadHandle() returned',
  )
}
