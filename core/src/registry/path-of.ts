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
