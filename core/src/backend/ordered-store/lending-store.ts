import type { OpenBy } from '../../contract/capabilities.js'
import type { Survival } from '../../contract/survival.js'
import { copyBytes } from '../bytes.js'
import { besideLent, isLending } from '../engine/lent-view.js'
import type { OrderedStore, StoreOperation, StorePair, StoreRange } from './ordered-store.js'

/**
 * A store that lends, as a log needs it: whoever was lent a value may go on to call the log, this one or another, and the
 * value stays as it is. While none is lent, a call costs one question more.
 */
export class LendingStore implements OrderedStore {
  readonly survives: Survival
  readonly openBy: OpenBy
  readonly maxValueBytes: number
  readonly reclaim?: (from: Uint8Array, to: Uint8Array) => Promise<void>
  readonly #store: OrderedStore

  constructor(store: OrderedStore) {
    this.#store = store
    this.survives = store.survives
    this.openBy = store.openBy
    this.maxValueBytes = store.maxValueBytes
    if (store.reclaim) this.reclaim = (from, to) => keeping(() => store.reclaim!(from, to))
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return isLending() ? besideLent(() => this.#store.get(key)) : this.#store.get(key)
  }

  borrow(key: Uint8Array): Uint8Array | undefined {
    return isLending() ? besideLent(() => this.#copy(key)) : this.#store.borrow!(key)
  }

  page(range: StoreRange): Promise<StorePair[]> {
    return keeping(() => this.#store.page(range))
  }

  write(operations: readonly StoreOperation[]): Promise<void> {
    return keeping(() => this.#store.write(operations))
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #copy(key: Uint8Array): Uint8Array | undefined {
    const bytes = this.#store.borrow!(key)
    // `length` counts, and such an array's own may be shorter than it is.
    return bytes && copyBytes(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
  }
}

const keeping = <T>(call: () => T): T => (isLending() ? besideLent(call) : call())
