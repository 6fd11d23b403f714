import { expect } from 'chai'
import { POISON, poisonViews } from '../../src/backend/index.js'
import type { BorrowedReads } from '../../src/contract/index.js'

/** Lends its own bytes for every slot. */
function lending(value: Uint8Array): BorrowedReads {
  return poisonViews({
    read: (_, use) => use(value),
    scan(_, use) {
      use(7, value)
      return 8
    },
  })
}

const VALUE = Uint8Array.of(1, 2, 3, 4)
const transfer = (view: Uint8Array): void =>
  void structuredClone(view, { transfer: [view.buffer as ArrayBuffer] })

describe('poisoned views', () => {
  it('are no whole buffers: who takes the buffer for the value reads poison', () => {
    const seen = lending(VALUE).read(0, (view) => {
      const { buffer, byteOffset, byteLength } = view
      return {
        right: new DataView(buffer, byteOffset, byteLength).getUint32(0),
        wrong: new DataView(buffer).getUint8(0),
        behind: new Uint8Array(buffer)[byteOffset + byteLength],
        isAligned: byteOffset % 2 === 0,
      }
    })
    expect(seen).to.deep.equal({ right: 0x01020304, wrong: POISON, behind: POISON, isAligned: false })
  })

  it('say so when one was transferred, also an empty one', () => {
    for (const value of [VALUE, new Uint8Array()]) {
      const reads = lending(value)
      expect(() => reads.read(3, transfer)).to.throw(TypeError, /transferred the value of slot 3/)
      expect(() => reads.scan({}, (_, view) => transfer(view))).to.throw(TypeError, /value of slot 7/)
    }
  })

  it('let the error of who transferred one come out', () => {
    const mine = new Error('mine')
    const attempt = (): unknown =>
      lending(VALUE).read(3, (view) => {
        transfer(view)
        throw mine
      })
    expect(attempt).to.throw(mine)
  })
})
