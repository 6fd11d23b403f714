import { copyBytes } from '../bytes.js'

/**
 * The view that is lent right now, where any next read would overwrite it. One for all logs of this thread: theirs may be
 * one array (lmdb-js has one). Nested views are copies, so that there is only this one to keep.
 */
let lent: Uint8Array | undefined

/** What it showed when it was lent; filled where something is read while it is lent. */
let kept: Uint8Array | undefined

/** True while a view is lent that the next read would overwrite. */
export const isLending = (): boolean => lent !== undefined

/** Lends a view to `use`, and keeps it as it is until that returns. */
export function lend<T>(view: Uint8Array, use: (view: Uint8Array) => T): T {
  // A nested one is a copy, and the outer one goes on.
  if (lent !== undefined) return use(view)
  lent = view
  try {
    return use(view)
  } finally {
    lent = kept = undefined
  }
}

/** Runs what overwrites the lent view, and brings its bytes back. What it returns must be a copy. */
export function besideLent<T>(run: () => T): T {
  const view = lent!
  kept ??= copyBytes(view)
  try {
    return run()
  } finally {
    view.set(kept)
  }
}
