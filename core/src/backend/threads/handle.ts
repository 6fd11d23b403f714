import type { Capabilities } from '../../contract/capabilities.js'
import type { Slot } from '../../contract/slot.js'
import type { ThreadHandle } from '../../contract/threads.js'

/** Threads that one handle has room for. */
export const SEATS = 16

/** What is in a handle: facts about the log, and the memory that its threads share. */
export interface ServedHandle extends ThreadHandle {
  readonly version: typeof HANDLE_VERSION
  readonly firstSlot: Slot
  readonly capabilities: Capabilities
  readonly progress: SharedArrayBuffer
  readonly seatMemory: readonly SharedArrayBuffer[]
}

/** Of the layout of everything that is shared: two copies of this package in one process may differ. */
export const HANDLE_VERSION = 1

const isShared = (value: unknown): boolean => value instanceof SharedArrayBuffer

/** Throws `TypeError` unless it is a handle, as `threadHandle` made it and `postMessage` copied it. */
export function checkHandle(handle: unknown): asserts handle is ServedHandle {
  const expected = 'it must be what log.threadHandle() returned, posted to a thread of the same process'
  if (typeof handle !== 'object' || handle === null) {
    throw new TypeError(`handle is ${handle === null ? 'null' : typeof handle}; ${expected}`)
  }
  const { backend, version, progress, seatMemory } = handle as Partial<Record<keyof ServedHandle, unknown>>
  if (typeof backend !== 'string') throw new TypeError(`handle.backend is ${typeof backend}; ${expected}`)
  if (version !== HANDLE_VERSION)
    throw new TypeError(`handle.version is ${String(version)}, not ${HANDLE_VERSION}; ${expected}`)
  if (!isShared(progress)) throw new TypeError(`handle.progress is no SharedArrayBuffer; ${expected}`)
  if (!Array.isArray(seatMemory) || !seatMemory.every(isShared))
    throw new TypeError(`handle.seatMemory is no list of SharedArrayBuffers; ${expected}`)
}
