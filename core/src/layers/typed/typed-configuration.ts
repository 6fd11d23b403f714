import * as check from '../../backend/arguments.js'
import { copyBytes } from '../../backend/bytes.js'
import type { ConfigurationStore } from '../../contract/configuration-store.js'
import type { CallOptions } from '../../contract/decision-log.js'
import { isPersistentLogError } from '../../errors/persistent-log-error.js'
import { raise } from '../../errors/raise.js'
import type { Codec } from './codec.js'
import { encodeWith, meansTheSame, seal, unseal } from './sealed-value.js'
import type { TypedConfiguration, TypedRecord } from './typed-log.js'

/** Configuration records with typed values. */
export class ConfigurationOfValues<C> implements TypedConfiguration<C> {
  readonly #store: ConfigurationStore
  readonly #codec: Codec<C>
  readonly #valueBytes: number

  constructor(store: ConfigurationStore, codec: Codec<C>, valueBytes: number) {
    this.#store = store
    this.#codec = codec
    this.#valueBytes = valueBytes
  }

  async load(name: string, options?: CallOptions): Promise<TypedRecord<C> | undefined> {
    const stored = await this.#store.load(name, options)
    return (
      stored && { version: stored.version, value: unseal(this.#codec, stored.value, `configuration ${name}`) }
    )
  }

  async store(name: string, record: TypedRecord<C>, options?: CallOptions): Promise<void> {
    check.checkObject(record, 'record')
    const { version } = record
    // A copy: it is compared after the first try, and the array may be the caller's own, or one that the codec uses again.
    const encoded = copyBytes(encodeWith(this.#codec, record.value, 'configuration'))
    if (encoded.byteLength > this.#valueBytes) {
      throw raise.tooLarge('record.value bytes', encoded.byteLength, this.#valueBytes)
    }
    try {
      await this.#store.store(name, { version, value: seal(encoded) }, options)
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_STALE_VERSION') || error.context.version !== version) throw error
      // The same version: perhaps the same value too, as an older codec encoded it. Storing those bytes is a no-op that
      // waits until they are durable.
      const stored = await this.#store.load(name, options)
      if (stored?.version !== version || !this.#means(name, stored.value, encoded)) throw error
      await this.#store.store(name, stored, options)
    }
  }

  #means(name: string, stored: Uint8Array, encoded: Uint8Array): boolean {
    try {
      return meansTheSame(this.#codec, stored, encoded, `configuration ${name}`)
    } catch (error) {
      if (isPersistentLogError(error, 'PLOG_DIGEST_MISMATCH')) return false
      throw error
    }
  }
}
