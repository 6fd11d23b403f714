import { expect } from 'chai'
import { ArrayStore } from '../../support/array-store.js'
import { ballot, bytes, openStore } from './open-store.js'

const ROOM_BYTES = 64 * 1024

/** Lends the same memory each time, as LMDB does: what it lent before is gone. */
class ReusingStore extends ArrayStore {
  readonly #lent = new Uint8Array(ROOM_BYTES)

  override borrow(key: Uint8Array): Uint8Array | undefined {
    const value = super.borrow(key)
    if (value === undefined) return undefined
    this.#lent.set(value)
    return this.#lent.subarray(0, value.byteLength)
  }
}

describe('bytes that an ordered store lends', () => {
  it('are not what a commit stores: commits in flight together keep their own values', async () => {
    const log = await openStore(new ReusingStore())
    const slots = Array.from({ length: 20 }, (_, slot) => slot)
    const valueOf = (slot: number): Uint8Array => bytes(`value ${slot}`)
    await Promise.all(
      slots.map((slot) =>
        log.accept({ slot, ballot: ballot(1), value: valueOf(slot), proof: bytes(`proof ${slot}`) }),
      ),
    )
    await Promise.all(slots.map((slot) => log.commit({ slot, ballot: ballot(1) })))
    for (const slot of slots) {
      const decision = await log.read(slot)
      expect(Buffer.from(decision?.value ?? []).toString()).to.equal(`value ${slot}`)
      expect(Buffer.from(decision?.proof ?? []).toString()).to.equal(`proof ${slot}`)
    }
    await log.close()
  })
})
