import { canonicalJson } from './canonical-json.js'

/**
 * Turns values into bytes and back. `encode` must be deterministic: equal values, equal bytes. A log knows a value by its
 * bytes, and an honest retry must not look like a second value. What `encode` throws, nothing was written.
 */
export interface Codec<T> {
  /** The bytes are copied before the next call: they may be the value's own, or in memory that is used again. */
  encode(value: T): Uint8Array
  /** The bytes belong to the codec; they were checked against their digest. */
  decode(bytes: Uint8Array): T
}

/** Bytes as they are. */
export const bytesCodec: Codec<Uint8Array> = Object.freeze({
  encode: (value: Uint8Array) => value,
  decode: (bytes: Uint8Array) => bytes,
})

const encoder = new TextEncoder()
// A mark at the start is part of the text; bytes that are no UTF-8 are an error, not a question mark.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Half of a surrogate pair: UTF-8 cannot say it, and would silently say U+FFFD instead. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Text as UTF-8. Text that UTF-8 cannot hold (half of a surrogate pair) is a `TypeError`. */
export const utf8Codec: Codec<string> = Object.freeze({
  encode(value: string): Uint8Array {
    if (typeof value !== 'string') throw new TypeError(`a string is expected, not ${typeof value}`)
    if (LONE_SURROGATE.test(value)) throw new TypeError('the text holds half of a surrogate pair')
    return encoder.encode(value)
  },
  decode: (bytes: Uint8Array) => decoder.decode(bytes),
})

/**
 * Values that JSON can hold, with sorted keys. A property that is `undefined` is left out, as always, and an object with a
 * `toJSON` (a `Date`) is written as what that returns. What JSON would turn into something else is a `TypeError` that
 * names its place: NaN, infinities, -0 (replicas that decode 0 could go another way), circles, functions, symbols, bigints,
 * `undefined` itself, `undefined` and holes in arrays, and objects that are neither plain nor arrays (a `Map`, a `Set`, a
 * `Uint8Array`, a boxed number, an instance of a class).
 */
export function jsonCodec<T>(): Codec<T> {
  return {
    encode(value) {
      const json = canonicalJson(value)
      if (json === undefined) throw new TypeError('the value is undefined, which JSON does not have')
      return encoder.encode(json)
    },
    decode: (bytes) => JSON.parse(decoder.decode(bytes)) as T,
  }
}
