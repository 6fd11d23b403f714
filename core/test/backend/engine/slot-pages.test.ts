import { expect } from 'chai'
import { SlotPages } from '../../../src/backend/engine/slot-pages.js'
import { MAX_SLOT } from '../../../src/contract/slot.js'

interface Named {
  readonly name: string
}

describe('slot pages', () => {
  it('find a page by each of its slots, and none by its neighbours', () => {
    const pages = new SlotPages<Named>(4)
    expect(pages.get(0)).to.equal(undefined)
    const first = pages.add(5, { name: 'first' })
    const last = pages.add(MAX_SLOT, { name: 'last' })
    const at = (slot: number): string | undefined => pages.get(slot)?.name
    expect([3, 4, 5, 6, 7, 8].map(at)).to.deep.equal([
      undefined,
      ...Array<string>(4).fill('first'),
      undefined,
    ])
    const begin = MAX_SLOT - (MAX_SLOT % 4)
    expect([begin - 1, begin, MAX_SLOT].map(at)).to.deep.equal([undefined, 'last', 'last'])
    expect([...pages]).to.deep.equal([
      [4, first],
      [begin, last],
    ])
  })

  it('forget a page that goes, also the one that was found last', () => {
    const pages = new SlotPages<Named>(4)
    pages.add(0, { name: 'kept' })
    pages.add(4, { name: 'gone' })
    expect(pages.get(7)?.name).to.equal('gone')
    pages.delete(6)
    expect([pages.get(7), pages.size]).to.deep.equal([undefined, 1])
    expect(pages.add(7, { name: 'new' })).to.equal(pages.get(4))
    expect(pages.get(3)?.name).to.equal('kept')
  })
})
