import type { Effect } from './effect.js'

/** Value and proof, in bytes. */
export function entryBytes(entry: {
  readonly value: Uint8Array
  readonly proof?: Uint8Array | undefined
}): number {
  return entry.value.length + (entry.proof?.length ?? 0)
}

/** Of all values and proofs; `undefined` where there are no effects. */
export function effectBytes(effects: readonly Effect[]): number | undefined {
  if (effects.length === 0) return undefined
  let bytes = 0
  for (const effect of effects) if ('value' in effect) bytes += entryBytes(effect)
  return bytes
}
