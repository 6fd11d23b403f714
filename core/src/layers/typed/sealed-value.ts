import { createHash } from 'node:crypto'
import { raise } from '../../errors/raise.js'
import { equalBytes } from '../../backend/bytes.js'
import type { Codec } from './codec.js'

/**
 * A typed value as the log below stores it:
 *
 *     bytes 0..31   SHA-256 of the rest
 *     bytes 32..    the value, encoded
 *
 * The digest covers the value alone, so the same value has the same bytes in every slot and on every replica.
 */
export const DIGEST_BYTES = 32

const digestOf = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** Puts the digest before an encoded value. */
export function seal(encoded: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(DIGEST_BYTES + encoded.byteLength)
  sealed.set(digestOf(encoded))
  sealed.set(encoded, DIGEST_BYTES)
  return sealed
}

/** Checks the digest and decodes. `what` names the value in `PLOG_DIGEST_MISMATCH`, `slot` its place. */
export function unseal<T>(codec: Codec<T>, sealed: Uint8Array, what: string, slot?: number): T {
  const encoded = sealed.subarray(DIGEST_BYTES)
  if (sealed.byteLength < DIGEST_BYTES || !equalBytes(digestOf(encoded), sealed.subarray(0, DIGEST_BYTES))) {
    const reason = 'does not match its digest: it is damaged, or was not written through the typed layer'
    throw raise.digestMismatch(`${what} ${reason}`, slot === undefined ? {} : { slot })
  }
  return codec.decode(encoded)
}

/** Encodes a value; a codec that returns something else than bytes is a programmer's mistake. */
export function encodeWith<T>(codec: Codec<T>, value: T, what: string): Uint8Array {
  const encoded: unknown = codec.encode(value)
  if (encoded instanceof Uint8Array) return encoded
  throw new TypeError(`the codec of the ${what} must encode to a Uint8Array, not to ${typeof encoded}`)
}

/** True when stored bytes mean the same value as `encoded`, as the codec of today encodes it. */
export function meansTheSame<T>(
  codec: Codec<T>,
  stored: Uint8Array,
  encoded: Uint8Array,
  what: string,
  slot?: number,
): boolean {
  return equalBytes(encodeWith(codec, unseal(codec, stored, what, slot), what), encoded)
}
