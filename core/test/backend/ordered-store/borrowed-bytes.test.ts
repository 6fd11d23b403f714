import { expect } from 'chai'
import type {
  StoreOperation,
  StorePair,
  StoreRange,
} from '../../../src/backend/ordered-store/ordered-store.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { ArrayStore } from '../../support/array-store.js'
import { ballot, bytes, openStore, text } from './open-store.js'

const ROOM_BYTES = 64 * 1024

/** One for all stores, as LMDB's is. */
const room = new Uint8Array(ROOM_BYTES)

/** Lends the same memory each time, and reads through it: what it lent before is gone. */
class ReusingStore extends ArrayStore {
  override get(key: Uint8Array): Uint8Array | undefined {
    room.fill(0xee)
    return super.get(key)
  }

  override borrow(key: Uint8Array): Uint8Array | undefined {
    const value = super.borrow(key)
    if (value === undefined) return undefined
    room.set(value)
    return room.subarray(0, value.byteLength)
  }

  override page(range: StoreRange): Promise<StorePair[]> {
    room.fill(0xee)
    return super.page(range)
  }

  override write(operations: readonly StoreOperation[]): Promise<void> {
    room.fill(0xee)
    return super.write(operations)
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

  it('stay as they are while they are lent to a user, whatever he calls', async () => {
    const [log, other] = [await openStore(new ReusingStore()), await openStore(new ReusingStore())]
    for (const one of [log, other]) {
      for (const slot of [0, 1]) await one.learn({ slot, ballot: ballot(1), value: bytes(`value ${slot}`) })
      await one.accept({ slot: 2, ballot: ballot(1), value: bytes('value 2') })
      await one.checkpoints.store(1, bytes('state'))
    }
    const calls: ((of: PersistentLog) => unknown)[] = [
      (of) => of.syncReads?.read(1),
      (of) => of.borrowedReads?.read(1, text),
      (of) => of.accept({ slot: 2, ballot: ballot(1), value: bytes('value 2') }),
      (of) => of.verify(),
      async (of) => {
        for await (const chunk of of.checkpoints.read(1)) text(chunk)
      },
    ]
    for (const call of calls) {
      for (const of of [log, other]) {
        let called: unknown
        const seen = log.borrowedReads?.read(0, (view) => {
          called = call(of)
          return text(view)
        })
        expect(seen).to.equal('value 0')
        await called
      }
    }
    await Promise.all([log.close(), other.close()])
  })

  it('are lent without a copy again, once `use` has returned or thrown', async () => {
    const log = await openStore(new ReusingStore())
    await log.learn({ slot: 0, ballot: ballot(1), value: bytes('value 0') })
    const isShared = (): boolean | undefined =>
      log.borrowedReads?.read(0, (view) => view.buffer === room.buffer)
    const isNestedShared = log.borrowedReads?.read(0, isShared)
    expect([isShared(), isNestedShared]).to.deep.equal([true, false])
    const throwing = (): never => {
      throw new Error('mine')
    }
    expect(() => log.borrowedReads?.read(0, throwing)).to.throw('mine')
    expect(isShared()).to.equal(true)
    expect(() => log.borrowedReads?.scan({}, throwing)).to.throw('mine')
    expect(isShared()).to.equal(true)
    await log.close()
  })
})
