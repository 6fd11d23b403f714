const SHOWN_LETTERS = 60

/** A value as an error message shows it; nothing that could be long or hold more than one field is spelt out. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_LETTERS ? `${value.slice(0, SHOWN_LETTERS)}...` : value)
  }
  if (value instanceof URL) return JSON.stringify(value.href)
  if (typeof value === 'object') return 'an object'
  const isShort = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  return isShort ? String(value) : `a ${typeof value}`
}
