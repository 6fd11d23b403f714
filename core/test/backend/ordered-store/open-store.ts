import { openOrderedStoreLog } from '../../../src/backend/ordered-store/ordered-store-log.js'
import type { OrderedStoreLogOptions } from '../../../src/backend/ordered-store/ordered-store-log.js'
import type { OpenContext } from '../../../src/contract/backend.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import type { ArrayStore } from '../../support/array-store.js'
import { CONTEXT } from '../../support/context.js'

/** The log that all tests of ordered stores write. */
export const LOG_ID = new Uint8Array(16).fill(0x4c)

/** Opens a log over a store; a store without pairs is a new one. */
export function openStore(
  store: ArrayStore,
  context: Partial<OpenContext> = {},
  options: Partial<OrderedStoreLogOptions> = {},
): Promise<PersistentLog> {
  return openOrderedStoreLog({
    store,
    backend: 'array',
    logId: LOG_ID,
    context: { ...CONTEXT, ...context },
    created: store.pairs.length === 0,
    cleanClose: true,
    ...options,
  })
}

/** Text as bytes. */
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** Bytes as text. */
export const text = (value: Uint8Array | undefined): string | undefined =>
  value && Buffer.from(value).toString()

/** A ballot of node 1. */
export const ballot = (round: number) => ({ round, nodeId: 1 })
