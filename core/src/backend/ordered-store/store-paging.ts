import { raise } from '../../errors/raise.js'
import { shownValue } from '../../errors/shown-value.js'
import { engineFailure } from './engine-failure.js'
import { shownKey, type KeyRange } from './key-layout.js'
import type { OrderedStore, StorePair } from './ordered-store.js'

/** Most pairs of one page: enough to hide the cost of a call, few enough to be let go soon. */
const PAGE_PAIRS = 1_000

/**
 * What a page should hold in bytes: a store ends one that has so much. The next page's length follows from the average of
 * the last, which says nothing where long values come behind short ones.
 */
export const STORE_PAGE_BYTES = 8 * 1024 * 1024

/** Pairs of the first page, when nothing is known yet about their size. */
const FIRST_PAGE_PAIRS = 64

/**
 * All pairs of a range, page by page. Each page is read as of its own moment. A page may be shorter than asked: only an
 * empty one ends the range.
 *
 * Keys that do not ascend are damage that no salvage opens: an engine looks for a key where the order of the others says, so
 * that it may not find again what is written to it from now on. Only a look at the whole tree, which is the adapter's, finds
 * this between two pages.
 */
export async function* pagesOf(store: OrderedStore, range: KeyRange): AsyncGenerator<StorePair[]> {
  let from = range.from
  let limit = FIRST_PAGE_PAIRS
  while (Buffer.compare(from, range.to) < 0) {
    const page = await pageOf(store, { from, to: range.to }, limit)
    const last = page.at(-1)
    if (!last) return
    refuseDisorder(page, from)
    yield page
    from = successorOf(last.key)
    const bytes = page.reduce((sum, pair) => sum + pair.value.byteLength, 0)
    limit = Math.max(1, Math.min(PAGE_PAIRS, Math.floor(STORE_PAGE_BYTES / (bytes / page.length + 1))))
  }
}

function refuseDisorder(page: readonly StorePair[], from: Uint8Array): void {
  const isMisplaced = ({ key }: StorePair, at: number): boolean =>
    at === 0 ? Buffer.compare(key, from) < 0 : Buffer.compare(key, page[at - 1]!.key) <= 0
  const misplaced = page.find(isMisplaced)
  if (misplaced) throw raise.corrupted(`the engine's keys are out of order at ${shownKey(misplaced.key)}`)
}

/** The first pairs of a range; a failure of the engine becomes one of ours. */
export async function pageOf(store: OrderedStore, range: KeyRange, limit: number): Promise<StorePair[]> {
  let page: unknown
  try {
    page = await store.page({ ...range, limit })
  } catch (cause) {
    throw engineFailure('page', cause)
  }
  if (Array.isArray(page)) return page as StorePair[]
  throw new TypeError(`store.page(range) resolved with ${shownValue(page)}; it must be a list of pairs`)
}

/** The value of a key; a failure of the engine becomes one of ours. */
export function readValue(store: OrderedStore, key: Uint8Array): Uint8Array | undefined {
  try {
    return store.get(key)
  } catch (cause) {
    throw engineFailure('read', cause)
  }
}

/** The smallest key above another. */
export function successorOf(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.byteLength + 1)
  next.set(key)
  return next
}
