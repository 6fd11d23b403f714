import { expect } from 'chai'
import { parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import type { StorePair } from '../../../src/backend/ordered-store/ordered-store.js'
import type { OpenContext } from '../../../src/contract/backend.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { ArrayStore } from '../../support/array-store.js'
import { ballot, bytes, openStore, text } from './open-store.js'

/** A decision whose value names its slot, unless told otherwise. */
export const decision = (slot: number, value = `value ${slot}`) => ({
  slot,
  ballot: ballot(1),
  value: bytes(value),
})

/** The decisions with `from <= slot < to`. */
export const decisions = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => decision(from + index))

/** What holds slots, by its keys: `first` or `first+slots`. */
export function held({ pairs }: ArrayStore): string[] {
  return pairs.flatMap(({ key }) => {
    const parsed = parseKey(key)
    if (parsed.kind === 'block') return [`${parsed.slot}+${parsed.slots}`]
    return parsed.kind === 'slot' ? [`${parsed.slot}`] : []
  })
}

/** Each way to read gives these decisions. */
export async function expectHeld(log: PersistentLog, from: number, to: number): Promise<void> {
  for (let slot = from; slot < to; slot++) {
    const found = await log.read(slot)
    expect(found?.ballot, `slot ${slot}`).to.deep.equal(ballot(1))
    expect(text(found?.value), `slot ${slot}`).to.equal(`value ${slot}`)
    expect(log.borrowedReads?.read(slot, text), `slot ${slot}, borrowed`).to.equal(`value ${slot}`)
  }
  const scanned: string[] = []
  for await (const { value } of log.decisions({ from, to })) scanned.push(text(value)!)
  expect(scanned).to.deep.equal(decisions(from, to).map(({ value }) => text(value)))
}

/** Flips a bit of what lies under a key: in the last byte, unless told otherwise. */
export function rot(store: ArrayStore, key: Uint8Array, at?: number): void {
  store.pairs = store.pairs.map((pair) => {
    if (Buffer.compare(pair.key, key) !== 0) return pair
    const value = pair.value.slice()
    value[at ?? value.length - 1]! ^= 1
    return { key, value }
  })
}

/** In a record: the slot that it names, in the last byte. */
export const SLOT_AT = 14

/** Opens a store that holds a log. */
export const open = (store: ArrayStore, context: Partial<OpenContext> = {}): Promise<PersistentLog> =>
  openStore(store, context, { created: false })

/** A store with these decisions in one batch. */
export async function learned(from: number, to: number): Promise<ArrayStore> {
  const store = new ArrayStore()
  const log = await openStore(store)
  await log.learnAll(decisions(from, to))
  await log.close()
  return store.crashed()
}

/** A store of these pairs. */
export const sorted = (pairs: StorePair[]): ArrayStore =>
  new ArrayStore(pairs.sort((a, b) => Buffer.compare(a.key, b.key)))
