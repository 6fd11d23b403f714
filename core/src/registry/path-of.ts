import { fileURLToPath } from 'node:url'
import { raise } from '../errors/raise.js'
import { shownValue } from '../errors/shown-value.js'

/** The path of a file that is named by a path or a `file:` URL; what names none is `PLOG_INVALID_CONFIG` with the field. */
export function pathOf(place: unknown, field: string): string {
  const isUrl = place instanceof URL || (typeof place === 'string' && place.startsWith('file:'))
  if (!isUrl && typeof place === 'string') return place
  const allowed = 'must be a path, or the file: URL of a path on this machine'
  if (!isUrl) {
    const message = `${allowed}, got ${shownValue(place)}`
    throw raise.invalidConfig([{ path: field, message, value: place }])
  }
  try {
    return fileURLToPath(place)
  } catch (cause) {
    // A host, an escaped slash, another scheme: Node.js says which.
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `${allowed}, got ${shownValue(String(place))}: ${reason}`
    throw raise.invalidConfig([{ path: field, message, value: place }], { cause })
  }
}

const DIRECTORY = 'must be the path of a directory, or its file: URL'
/** What a shell makes a home directory of, and nobody else. */
const HOME = /^~(?:$|[\\/])/

/** What keeps a value from naming a directory; `undefined` when it names one. */
export function directoryFault(place: unknown): string | undefined {
  if (typeof place === 'string' && HOME.test(place)) {
    return `${DIRECTORY}; "~" is known to shells only, and a directory of that name is "./~"`
  }
  if (!(place instanceof URL) && typeof place !== 'string') return DIRECTORY
  try {
    const path = pathOf(place, 'directory')
    return path === '' || path.includes('\0') ? DIRECTORY : undefined
  } catch {
    return `${DIRECTORY} on this machine`
  }
}
