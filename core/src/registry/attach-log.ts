import type { Backend } from '../contract/backend.js'
import type { AttachedLog, ThreadHandle } from '../contract/threads.js'
import { raise } from '../errors/raise.js'
import { checkObject } from '../backend/arguments.js'
import { checkHandle } from '../backend/threads/handle.js'
import { resolveBackend, type ResolveOptions } from './resolve-backend.js'

/** Where the backend of a handle comes from. */
export interface AttachOptions extends ResolveOptions {
  /** As in the configuration of the log. Default: the name in the handle, which does for backends with a short name. */
  readonly backend?: string | Backend | undefined
}

/** Makes a log of a handle that the owner of one posted to this thread: see `AttachedLog`. */
export async function attachLog(handle: ThreadHandle, options: AttachOptions = {}): Promise<AttachedLog> {
  checkHandle(handle)
  checkObject(options, 'options')
  const backend = await resolveBackend(options.backend ?? handle.backend, options)
  if (backend.name !== handle.backend) {
    throw new TypeError(`options.backend is "${backend.name}"; the handle is of a log of "${handle.backend}"`)
  }
  if (!backend.attach) throw raise.unsupported('attach', `backend "${backend.name}" has no logs for threads`)
  return backend.attach(handle)
}
